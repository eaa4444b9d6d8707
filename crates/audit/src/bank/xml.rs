//! One piece of a bank's document at a time: small trees, bounded, without entities.
//!
//! A message of ISO 20022 is `Document / body / statement / piece`. Pieces (an entry, a balance) come whole and
//! are dropped once read; what holds them is only opened and closed.

use chambre_domain::{Reason, Refusal};
use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

/// The most bytes of a document: 32 MiB, some 30 000 entries with their details.
pub(super) const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// Elements inside one another, far beyond the 15 or so of a camt message.
const DEPTH_LIMIT: usize = 40;

/// Depth at which elements come whole: those inside a statement.
const PIECE_DEPTH: usize = 4;

/// An element with what it holds.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Its name; empty when it is of another namespace than the document.
    pub name: String,
    /// Its attribute `Ccy`.
    pub currency: Option<String>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    /// The first element down this path.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.children.iter().find(|child| child.name == *name))
    }

    /// Its children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// What it says, without the spaces around.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// What the first element down this path says; nothing when it is absent or says nothing.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(Self::text).filter(|text| !text.is_empty())
    }
}

/// What a document is made of, in its order.
#[derive(Debug)]
pub(super) enum Piece {
    /// The document, the body or a statement begins; the document gives the namespace.
    Open { depth: usize, name: String, namespace: Option<String> },
    /// An element of a statement, whole.
    Whole(Node),
    /// It ends.
    Close { depth: usize },
}

/// Reads a document, piece by piece.
///
/// # Errors
/// [`Reason::StatementTooLarge`], [`Reason::StatementXml`] with the byte where reading stopped,
/// [`Reason::StatementEntity`]; and what `take` refuses.
pub(super) fn read(bytes: &[u8], take: &mut dyn FnMut(Piece) -> Result<(), Refusal>) -> Result<(), Refusal> {
    if bytes.len() > SIZE_LIMIT {
        return Err(Refusal::new(Reason::StatementTooLarge, "file", bytes.len()).with("limit", SIZE_LIMIT));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| bad_xml("not UTF-8", error.valid_up_to()))?
        .trim_start_matches('\u{feff}');
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut walk = Walk::default();
    loop {
        let place = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let (namespace, event) =
            reader.read_resolved_event().map_err(|error| bad_xml(&error.to_string(), place))?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => Some(String::from_utf8_lossy(namespace.0).into_owned()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_) => return Err(bad_xml("a prefix without a namespace", place)),
        };
        match event {
            Event::Start(start) => walk.start(&start, namespace, place, take)?,
            Event::Empty(start) => {
                walk.start(&start, namespace, place, take)?;
                walk.end(take)?;
            }
            Event::End(_) => walk.end(take)?,
            Event::Text(text) => {
                walk.text(&text.xml10_content().map_err(|error| bad_xml(&error.to_string(), place))?, place)?;
            }
            Event::CData(text) => {
                walk.text(&text.xml10_content().map_err(|error| bad_xml(&error.to_string(), place))?, place)?;
            }
            Event::GeneralRef(reference) => walk.text(&referred(&reference, place)?, place)?,
            Event::DocType(_) => {
                return Err(Refusal::new(Reason::StatementEntity, "DOCTYPE", "").with("byte", place));
            }
            Event::Decl(declaration) => check_encoding(&declaration, place)?,
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return walk.finish(place),
        }
    }
}

fn bad_xml(why: &str, place: usize) -> Refusal {
    Refusal::new(Reason::StatementXml, "file", why).with("byte", place)
}

/// A document may call itself UTF-8, or ASCII, which is UTF-8 too; its bytes were checked already.
fn check_encoding(declaration: &BytesDecl<'_>, place: usize) -> Result<(), Refusal> {
    let Some(encoding) = declaration.encoding() else { return Ok(()) };
    let encoding = encoding.map_err(|error| bad_xml(&error.to_string(), place))?;
    if encoding.eq_ignore_ascii_case(b"utf-8") || encoding.eq_ignore_ascii_case(b"us-ascii") {
        return Ok(());
    }
    Err(bad_xml(&String::from_utf8_lossy(&encoding), place))
}

/// A character by its number, or one of the five that XML itself names; a document defines none of its own.
fn referred(reference: &BytesRef<'_>, place: usize) -> Result<String, Refusal> {
    if let Some(character) =
        reference.resolve_char_ref().map_err(|error| bad_xml(&error.to_string(), place))?
    {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|error| bad_xml(&error.to_string(), place))?;
    match resolve_predefined_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Refusal::new(Reason::StatementEntity, "entity", name).with("byte", place)),
    }
}

/// Where reading stands.
#[derive(Debug, Default)]
struct Walk {
    namespace: Option<String>,
    depth: usize,
    ended: bool,
    /// The piece under way: it and the elements open inside it.
    open: Vec<Node>,
}

impl Walk {
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        namespace: Option<String>,
        place: usize,
        take: &mut dyn FnMut(Piece) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if self.ended {
            return Err(bad_xml("something follows the document", place));
        }
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(bad_xml("too many elements inside one another", place));
        }
        if self.depth == 1 {
            self.namespace.clone_from(&namespace);
        }
        let name = if namespace == self.namespace {
            String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
        } else {
            String::new()
        };
        // Read in any case: two attributes of one name make the document malformed.
        let mut currency = None;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| bad_xml(&error.to_string(), place))?;
            if attribute.key.as_ref() == b"Ccy" {
                currency = Some(String::from_utf8_lossy(&attribute.value).into_owned());
            }
        }
        if self.depth < PIECE_DEPTH {
            let namespace = if self.depth == 1 { namespace } else { None };
            return take(Piece::Open { depth: self.depth, name, namespace });
        }
        self.open.push(Node { name, currency, ..Node::default() });
        Ok(())
    }

    fn end(&mut self, take: &mut dyn FnMut(Piece) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let depth = self.depth;
        self.depth = depth.saturating_sub(1);
        self.ended = self.depth == 0;
        match (self.open.pop(), self.open.last_mut()) {
            (Some(node), Some(parent)) => {
                parent.children.push(node);
                Ok(())
            }
            (Some(piece), None) => take(Piece::Whole(piece)),
            (None, _) => take(Piece::Close { depth }),
        }
    }

    fn text(&mut self, text: &str, place: usize) -> Result<(), Refusal> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(bad_xml("text between elements", place)),
        }
        Ok(())
    }

    fn finish(&self, place: usize) -> Result<(), Refusal> {
        if self.ended { Ok(()) } else { Err(bad_xml("the document stops before its end", place)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Result<Vec<String>, Refusal> {
        let mut seen = Vec::new();
        read(text.as_bytes(), &mut |piece| {
            seen.push(match piece {
                Piece::Open { depth, name, namespace } => {
                    format!("{depth}<{name} {}", namespace.unwrap_or_default())
                }
                Piece::Whole(node) => {
                    format!("{}={}/{}", node.name, node.text(), node.text_at(&["d"]).unwrap_or("-"))
                }
                Piece::Close { depth } => format!(">{depth}"),
            });
            Ok(())
        })?;
        Ok(seen)
    }

    fn refused(text: &str) -> String {
        let refusal = told(text).unwrap_err();
        format!("{} {}", refusal.reason, refusal.field)
    }

    #[test]
    fn pieces_come_whole_whatever_the_prefix() {
        let expected = ["1<A u", "2<b ", "3<c ", "p=x & é/deep", "=/-", ">3", ">2", ">1"];
        let plain = "\u{feff}<?xml version='1.0' encoding='utf-8'?><!-- c --><A xmlns='u'><b><c>\
            <p>x &amp; &#xe9;<d><![CDATA[deep]]></d></p><q xmlns='v'/></c></b></A>\n";
        let prefixed =
            "<n:A xmlns:n='u'><n:b><n:c><n:p>x &#38; é<n:d> deep </n:d></n:p><q/></n:c></n:b></n:A>";
        for text in [plain, prefixed] {
            assert_eq!(told(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_whole_document_is_refused() {
        for text in [
            "",
            "text",
            "<a><b>",
            "<a></b>",
            "<a/><b/>",
            "<a/>text",
            "<a x='1' x='2'/>",
            "<a><b><c><d>&#0;</d></c></b></a>",
            "<?xml version='1.0' encoding='iso-8859-1'?><a/>",
            "<z:a/>",
            "<a>stray</a>",
        ] {
            assert_eq!(refused(text), "STATEMENT_XML file", "{text}");
        }
        assert_eq!(refused(&"<a>".repeat(50)), "STATEMENT_XML file");
        assert_eq!(
            read(b"<a>\xff</a>", &mut |_| Ok(())).unwrap_err().facts,
            [("byte", "3".to_owned())],
            "the place is told"
        );
    }

    #[test]
    fn no_document_type_and_no_entity_is_read() {
        assert_eq!(refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a/>"), "STATEMENT_ENTITY DOCTYPE");
        assert_eq!(refused("<a><b><c><d>&e;</d></c></b></a>"), "STATEMENT_ENTITY entity");
    }

    #[test]
    fn a_huge_file_is_refused_before_it_is_read() {
        let refusal = read(&vec![b' '; SIZE_LIMIT + 1], &mut |_| Ok(())).unwrap_err();
        assert_eq!(refusal.reason, Reason::StatementTooLarge);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, &mut |_| Ok(()));
        }
    }
}
