//! Messages in protobuf: one letter for the message, then its bytes.

use super::is_told;
use chambre_api::convert::{
    access, audit, books, commitments, convention, disputes, documents, explanation, ledger, matching,
    netting, regional, registry,
};
use chambre_api::v1;
use chambre_domain::Refusal;
use prost::Message;
use std::fmt::Debug;

/// Reads a message, and makes of it what the service would.
pub fn wire(bytes: &[u8]) {
    let Some((letter, bytes)) = bytes.split_first() else { return };
    if !declared(*letter, bytes) {
        asked(*letter, bytes);
    }
}

/// Messages that the chamber also writes: sent again as it writes them, they say the same.
fn declared(letter: u8, bytes: &[u8]) -> bool {
    match letter {
        b'e' => again(bytes, ledger::event, |(id, event)| {
            ledger::wire_event(id, event).expect("what a client declares, a client can send")
        }),
        b'c' => again(
            bytes,
            |wire| convention::convention(Some(wire)),
            |convention| {
                assert_eq!(convention.check(), Ok(()));
                convention::wire_convention(convention)
            },
        ),
        b'b' => again(bytes, |wire| registry::bailleur(Some(wire)), registry::wire_bailleur),
        b'o' => again(bytes, |wire| registry::operation(Some(wire)), registry::wire_operation),
        b'i' => again(bytes, |wire| registry::bank_account(Some(wire)), registry::wire_bank_account),
        b'x' => again(bytes, audit::export_asked, audit::wire_export),
        b'E' => read(bytes, |wire: v1::RecordEventsRequest| {
            let sent = wire.events.len();
            let answers = ledger::events(wire.events)?;
            assert_eq!(answers.len(), sent, "one answer for each event");
            answers.iter().filter_map(|answer| answer.as_ref().err()).for_each(is_told);
            Ok(())
        }),
        _ => return false,
    }
    true
}

/// Questions and commands, which nobody sends back.
fn asked(letter: u8, bytes: &[u8]) {
    match letter {
        b'1' => read(bytes, registry::succession),
        b'2' => read(bytes, registry::bank_account_registered),
        b'3' => read(bytes, |wire| registry::bank_accounts_asked(&wire)),
        b'4' => read(bytes, registry::commune_asked),
        b'5' => read(bytes, convention::convention_asked),
        b'6' => read(bytes, books::entries_asked),
        b'7' => read(bytes, books::watch_asked),
        b'8' => read(bytes, books::positions_asked),
        b'9' => read(bytes, disputes::raise),
        b'A' => read(bytes, disputes::settle),
        b'B' => read(bytes, netting::open),
        b'C' => read(bytes, netting::review),
        b'D' => read(bytes, netting::propose),
        b'F' => read(bytes, netting::publish),
        b'G' => read(bytes, netting::instruct),
        b'H' => read(bytes, netting::cancel),
        b'I' => read(bytes, netting::confirm),
        b'J' => read(bytes, netting::send_back),
        b'K' => read(bytes, |wire| explanation::explain(&wire)),
        b'L' => read(bytes, explanation::simulate),
        b'M' => read(bytes, commitments::commitments),
        b'N' => read(bytes, |wire| documents::statement(&wire)),
        b'O' => read(bytes, documents::comparison),
        b'P' => read(bytes, |wire| audit::checkpoint_asked(&wire)),
        b'Q' => read(bytes, |wire| audit::inclusion_asked(&wire)),
        b'R' => read(bytes, |wire| audit::consistency_asked(&wire)),
        b'S' => read(bytes, |wire: v1::DeclareNeedsRequest| matching::needs(wire.needs)),
        b'T' => read(bytes, |wire: v1::DeclareOffersRequest| matching::offers(wire.offers)),
        b'U' => read(bytes, |wire| matching::proposal(&wire)),
        b'V' => read(bytes, matching::step),
        b'W' => read(bytes, |wire| matching::policy(Some(wire))),
        b'X' => read(bytes, |wire: v1::DeclareContingentsRequest| {
            matching::contingents(&wire.territory_siren, wire.contingents)
        }),
        b'Y' => read(bytes, |wire: v1::RunMatchingRequest| matching::choices(wire.choices)),
        b'a' => read(bytes, access::identity_asked),
        b'd' => read(bytes, |wire| access::revocation_asked(&wire)),
        b'f' => read(bytes, regional::propose),
        b'g' => read(bytes, |wire| matching::turn_declined(&wire)),
        b'h' => read(bytes, |wire: v1::DeclareTransfersRequest| matching::transfers(wire.transfers)),
        b'j' => read(bytes, |wire| matching::chain(&wire)),
        _ => {}
    }
}

/// Reads what decodes; what does not is refused by the transport.
fn read<M: Message + Default, T>(bytes: &[u8], convert: impl FnOnce(M) -> Result<T, Refusal>) {
    let Ok(message) = M::decode(bytes) else { return };
    if let Err(refusal) = convert(message) {
        is_told(&refusal);
    }
}

fn again<M: Message + Default, T: Debug + PartialEq>(
    bytes: &[u8],
    convert: impl Fn(M) -> Result<T, Refusal>,
    write: impl Fn(&T) -> M,
) {
    read(bytes, |message: M| {
        let noun = convert(message)?;
        let sent = write(&noun).encode_to_vec();
        let read_back = convert(M::decode(sent.as_slice()).expect("what is encoded can be decoded"));
        assert_eq!(read_back.as_ref(), Ok(&noun), "sent again, it says something else");
        Ok(())
    });
}
