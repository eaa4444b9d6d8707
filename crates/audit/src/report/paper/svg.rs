//! One sheet as SVG: the picture that goes on a slide or in a letter.
//!
//! A text is told its width, so that a reader without the font still puts it where it belongs. Lengths are points
//! with three decimals, written from whole thousandths: the same marks give the same bytes.

use super::Length;
use super::face::{Weight, width};
use super::mark::{Mark, Shade, Sheet};
use std::fmt::Write as _;

/// The sheet as a file of its own, that wide and that high, with a title for those who read it aloud.
pub(crate) fn picture(sheet: &Sheet, (wide, high): (Length, Length), title: &str) -> String {
    let (w, h) = (points(wide), points(high));
    let title = escaped(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}pt\" height=\"{h}pt\" viewBox=\"0 0 {w} {h}\" \
         lang=\"fr\" role=\"img\" aria-label=\"{title}\" font-family=\"'Noto Sans', 'DejaVu Sans', Arial, sans-serif\">\n\
         <title>{title}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n"
    );
    for mark in &sheet.marks {
        draw(&mut svg, mark);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, mark: &Mark) {
    // Writing to a String never fails.
    let _ = match mark {
        Mark::Words { x, y, look, text } => {
            let weight = if look.weight == Weight::Bold { " font-weight=\"600\"" } else { "" };
            writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} fill=\"{}\" textLength=\"{}\" \
                 lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                points(*x),
                points(*y),
                points(look.size),
                shade(look.shade),
                points(width(text, look.weight, look.size)),
                escaped(text)
            )
        }
        Mark::Rule { from, to, width, shade: dark } => writeln!(
            svg,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"{}\"/>",
            points(from.0),
            points(from.1),
            points(to.0),
            points(to.1),
            shade(*dark),
            points(*width)
        ),
        Mark::Block { x, y, width, height, shade: dark } => writeln!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
            points(*x),
            points(*y),
            points(*width),
            points(*height),
            shade(*dark)
        ),
    };
}

/// `12.5`: thousandths of a point as points.
fn points(length: Length) -> String {
    let sign = if length < 0 { "-" } else { "" };
    let (whole, part) = (length.unsigned_abs() / 1_000, length.unsigned_abs() % 1_000);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{part:03}").trim_end_matches('0').to_owned()
}

fn shade(shade: Shade) -> String {
    format!("#{shade:02x}{shade:02x}{shade:02x}")
}

/// Text that cannot be taken for markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 has no other control character.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::paper::PT;
    use crate::report::paper::mark::{Align, Look};

    #[test]
    fn lengths_are_written_in_points_without_a_float() {
        let written = [0, 1, 500, 12_000, 12_340, -7_005].map(points);
        assert_eq!(written, ["0", "0.001", "0.5", "12", "12.34", "-7.005"]);
    }

    #[test]
    fn what_a_text_says_is_never_markup() {
        let mut sheet = Sheet::default();
        sheet.words(0, PT, Align::Left, Look::bold(8 * PT), "<script>&\"");
        let svg = picture(&sheet, (10 * PT, 10 * PT), "A < B");
        assert!(svg.contains("&lt;script&gt;&amp;&quot;</text>") && svg.contains("<title>A &lt; B</title>"));
        assert!(!svg.contains("<script>") && svg.contains("font-weight=\"600\""));
    }
}
