//! Bars that compare amounts or counts, in black and white.

use super::paper::face::{width, wrap};
use super::paper::flow::Flow;
use super::paper::mark::{Align, BLACK, DARK, Look, RULE, Sheet, WHITE};
use super::paper::{Length, PT};
use super::situation::Shown;
use super::words::{amount, signed};
use chambre_domain::{Cents, french};

const LABEL: Look = Look::regular(7 * PT + PT / 2);
const SMALL: Look = Look::grey(6 * PT + PT / 2);
const BAR: Length = 7 * PT;
const ROW: Length = 24 * PT;

/// One bailleur: a solid bar over a hatched one.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub label: String,
    pub solid: Cents,
    pub hatched: Cents,
    /// Printed at the right end of the row.
    pub difference: Cents,
}

/// An axis: the amounts at its two ends, and the length between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    low: i128,
    high: i128,
    step: i128,
    start: Length,
    length: Length,
}

impl Axis {
    /// An axis that holds zero and these amounts, whose ends are round; about `marks` divisions.
    pub(crate) fn holding(
        amounts: impl Iterator<Item = Cents>,
        start: Length,
        length: Length,
        marks: i128,
    ) -> Self {
        let (mut low, mut high) = (0, 0);
        for amount in amounts {
            low = low.min(i128::from(amount.get()));
            high = high.max(i128::from(amount.get()));
        }
        let step = round_step(high - low, marks);
        let low = low.div_euclid(step) * step;
        let high = (-(-high).div_euclid(step) * step).max(low + step);
        Self { low, high, step, start, length }
    }

    /// The same for counts: an amount of it is a hundredth of a unit.
    pub(crate) fn counting(counts: impl Iterator<Item = u32>, start: Length, length: Length) -> Self {
        Self::holding(counts.map(|count| Cents::new(i64::from(count) * 100)), start, length, 8)
    }

    /// Where a count stands on the page.
    fn at_count(&self, count: u32) -> Length {
        self.at(i128::from(count) * 100)
    }

    /// Where an amount stands on the page.
    pub(crate) fn at(&self, amount: i128) -> Length {
        let along = (amount - self.low) * i128::from(self.length) / (self.high - self.low);
        self.start + Length::try_from(along.clamp(0, i128::from(self.length))).unwrap_or(0)
    }

    fn ticks(&self) -> impl Iterator<Item = i128> + use<> {
        let (low, high, step) = (self.low, self.high, self.step);
        let first = -(-low).div_euclid(step) * step;
        (0..).map(move |number| first + step * number).take_while(move |tick| *tick <= high)
    }
}

/// The smallest of 1, 2, 5 × a power of ten (in euros) that cuts `span` cents in at most `marks` pieces.
fn round_step(span: i128, marks: i128) -> i128 {
    let mut step = 100;
    loop {
        for factor in [1, 2, 5] {
            if step * factor * marks >= span {
                return step * factor;
            }
        }
        step *= 10;
    }
}

/// `25 000`: whole euros of an axis.
fn tick_label(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}", french::count(u64::try_from(cents.abs() / 100).unwrap_or(u64::MAX)))
}

/// Draws the pairs, largest first as given, over as many pages as they need; the legend and the axis on each.
pub(crate) fn pairs(flow: &mut Flow, (solid, hatched, difference): (&str, &str, &str), rows: &[Pair]) {
    let (names, asides) = (132 * PT, 66 * PT);
    let start = flow.left() + names;
    // Figures stand after the longest bar too.
    let length = flow.width() - names - asides - 56 * PT;
    let amounts = rows.iter().flat_map(|row| [row.solid, row.hatched]);
    let axis = Axis::holding(amounts, start, length, 5);
    let mut left = rows;
    while !left.is_empty() {
        flow.need(40 * PT + ROW.saturating_mul(Length::try_from(left.len().min(3)).unwrap_or(3)));
        legend(flow, solid, hatched, difference);
        let fit = usize::try_from((flow.room() - 22 * PT) / ROW).unwrap_or(0).max(1).min(left.len());
        let (now, later) = left.split_at(fit);
        scale(flow, &axis, ROW * Length::try_from(fit).unwrap_or(0));
        for row in now {
            draw(flow, &axis, row);
        }
        flow.y += 4 * PT;
        left = later;
        if !left.is_empty() {
            flow.turn(flow.sheet.landscape);
        }
    }
}

/// What the bars are.
pub(crate) fn legend(flow: &mut Flow, solid: &str, hatched: &str, difference: &str) {
    let (mut x, y) = (flow.left(), flow.y + 3 * PT);
    for (text, full) in [(solid, true), (hatched, false)] {
        if full {
            flow.sheet.block(x, y, (18 * PT, BAR), DARK);
        } else {
            flow.sheet.hatched(x, y, (18 * PT, BAR));
        }
        flow.sheet.words(x + 23 * PT, y + 6 * PT + PT / 2, Align::Left, LABEL, text);
        x += 40 * PT + width(text, LABEL.weight, LABEL.size);
    }
    flow.sheet.words(flow.right(), y + 6 * PT + PT / 2, Align::Right, LABEL, difference);
    flow.y += 16 * PT;
}

fn scale(flow: &mut Flow, axis: &Axis, height: Length) {
    let top = flow.y + 10 * PT;
    for tick in axis.ticks() {
        let x = axis.at(tick);
        let shade = if tick == 0 { BLACK } else { RULE };
        let thick = if tick == 0 { PT / 2 } else { PT / 4 };
        flow.sheet.words(x, flow.y + 7 * PT, Align::Centre, SMALL, &tick_label(tick));
        flow.sheet.upright(x, top, height, thick, shade);
    }
    flow.y = top;
}

fn draw(flow: &mut Flow, axis: &Axis, row: &Pair) {
    let (left, y, zero) = (flow.left(), flow.y, axis.at(0));
    let lines = wrap(&row.label, LABEL.weight, LABEL.size, 126 * PT, 2);
    let first = if lines.len() == 1 { 15 * PT } else { 10 * PT };
    for (down, line) in (0..).zip(&lines) {
        flow.sheet.words(left, y + first + LABEL.line_height() * down, Align::Left, LABEL, line);
    }
    for (at, value) in (0..).zip([row.solid, row.hatched]) {
        let top = y + 4 * PT + (BAR + PT) * at;
        let end = axis.at(i128::from(value.get()));
        let (from, size) = (zero.min(end), ((end - zero).abs(), BAR));
        if at == 0 {
            flow.sheet.block(from, top, size, DARK);
        } else {
            flow.sheet.hatched(from, top, size);
        }
        let (text, x) = (amount(value), zero.max(end) + 3 * PT);
        // White behind the figure: a rule of the axis would cross it.
        let room = width(&text, SMALL.weight, SMALL.size) + 2 * PT;
        flow.sheet.block(x - PT, top + PT / 2, (room, BAR - PT), WHITE);
        flow.sheet.words(x, top + 6 * PT, Align::Left, SMALL, &text);
    }
    flow.sheet.words(flow.right(), y + 15 * PT, Align::Right, LABEL, &signed(row.difference));
    flow.y += ROW;
}

/// One bailleur in several panels: what it would receive (right) or pay (left) in each.
#[derive(Debug, Clone)]
pub(crate) struct Across {
    pub label: String,
    pub amounts: Vec<Cents>,
}

/// Draws one panel per title, all on one scale, over as many pages as the rows need.
pub(crate) fn panels(flow: &mut Flow, titles: &[String], rows: &[Across]) {
    let (names, height, gap) = (132 * PT, 15 * PT, 14 * PT);
    let number = Length::try_from(titles.len().max(1)).unwrap_or(1);
    let panel = (flow.width() - names) / number - gap;
    let largest = rows.iter().flat_map(|row| &row.amounts).map(|amount| amount.get().unsigned_abs()).max();
    let most = i128::from(largest.unwrap_or(0)).max(100);
    let mut left = rows;
    while !left.is_empty() {
        flow.need(80 * PT);
        legend(flow, "à recevoir", "à payer", "euros, arrondis à l’unité dans cette image");
        let fit = usize::try_from((flow.room() - 34 * PT) / height).unwrap_or(0).max(1).min(left.len());
        let (now, later) = left.split_at(fit);
        let top = flow.y + 24 * PT;
        for (at, title) in (0..).zip(titles) {
            let start = flow.left() + names + (panel + gap) * at;
            let axis = Axis { low: -most, high: most, step: round_step(2 * most, 4), start, length: panel };
            let heading = Look::bold(8 * PT);
            let title = wrap(title, heading.weight, heading.size, panel, 1).concat();
            flow.sheet.words(axis.at(0), flow.y + 9 * PT, Align::Centre, heading, &title);
            flow.sheet.upright(axis.at(0), top, height * Length::try_from(fit).unwrap_or(0), PT / 2, BLACK);
            for tick in axis.ticks().filter(|tick| *tick != 0) {
                flow.sheet.upright(axis.at(tick), top - 3 * PT, 3 * PT, PT / 4, DARK);
                flow.sheet.words(axis.at(tick), flow.y + 19 * PT, Align::Centre, SMALL, &tick_label(tick));
            }
            for (down, row) in (0..).zip(now) {
                let index = usize::try_from(at).unwrap_or(0);
                let value = row.amounts.get(index).copied().unwrap_or_default();
                sided(flow, &axis, top + height * down, value);
            }
        }
        for (down, row) in (0..).zip(now) {
            let line = wrap(&row.label, LABEL.weight, LABEL.size, names - 6 * PT, 1).concat();
            let y = top + height * down;
            flow.sheet.words(flow.left(), y + 10 * PT, Align::Left, LABEL, &line);
            flow.sheet.rule(flow.left(), y + height, flow.width(), PT / 4, RULE);
        }
        flow.y = top + height * Length::try_from(fit).unwrap_or(0) + 4 * PT;
        left = later;
        if !left.is_empty() {
            flow.turn(flow.sheet.landscape);
        }
    }
}

/// A bar on its side of zero, its figure on the other side.
fn sided(flow: &mut Flow, axis: &Axis, y: Length, value: Cents) {
    let (zero, end) = (axis.at(0), axis.at(i128::from(value.get())));
    let (top, size) = (y + 4 * PT, ((end - zero).abs(), BAR));
    let rounded = value.ratio(1, 100).unwrap_or_default().get();
    let text = super::words::count(rounded);
    if value.get() >= 0 {
        flow.sheet.block(zero, top, size, DARK);
        flow.sheet.words(zero - 3 * PT, top + 6 * PT, Align::Right, SMALL, &text);
    } else {
        flow.sheet.hatched(end, top, size);
        flow.sheet.words(zero + 3 * PT, top + 6 * PT, Align::Left, SMALL, &text);
    }
}

/// One row of counts: a solid bar over a hatched one, each with its figure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bars {
    pub label: String,
    pub solid: Option<Shown>,
    pub hatched: Option<Shown>,
    /// A line across both bars.
    pub mark: Option<u32>,
    /// Printed at the right end of the row.
    pub aside: String,
}

/// Draws the rows on one scale, their legend above; gives where they end.
pub(crate) fn bars(
    sheet: &mut Sheet,
    (left, top, wide): (Length, Length, Length),
    (solid, hatched, aside): (&str, Option<&str>, &str),
    rows: &[Bars],
) -> Length {
    let (names, asides) = (250 * PT, 120 * PT);
    let counts = rows.iter().flat_map(|row| {
        let drawn = [row.solid, row.hatched].map(|shown| match shown {
            Some(Shown::Count(count)) => count,
            // What is hidden has no length.
            Some(Shown::Below(_)) | None => 0,
        });
        drawn.into_iter().chain(row.mark)
    });
    let axis = Axis::counting(counts, left + names, wide - names - asides - 40 * PT);
    let mut x = left + names;
    for (text, full) in [(Some(solid), true), (hatched, false)] {
        let Some(text) = text else { continue };
        if full {
            sheet.block(x, top + 3 * PT, (18 * PT, BAR), DARK);
        } else {
            sheet.hatched(x, top + 3 * PT, (18 * PT, BAR));
        }
        sheet.words(x + 23 * PT, top + 9 * PT + PT / 2, Align::Left, LABEL, text);
        x += 40 * PT + width(text, LABEL.weight, LABEL.size);
    }
    sheet.words(left + wide, top + 9 * PT + PT / 2, Align::Right, LABEL, aside);
    let first = top + 27 * PT;
    let height = ROW * Length::try_from(rows.len()).unwrap_or(1);
    for tick in axis.ticks() {
        let (shade, thick) = if tick == 0 { (BLACK, PT / 2) } else { (RULE, PT / 4) };
        sheet.words(axis.at(tick), first - 3 * PT, Align::Centre, SMALL, &tick_label(tick));
        sheet.upright(axis.at(tick), first, height, thick, shade);
    }
    for (at, row) in (0..).zip(rows) {
        counted(sheet, &axis, (left, first + ROW * at, wide), row);
    }
    first + height
}

fn counted(sheet: &mut Sheet, axis: &Axis, (left, y, wide): (Length, Length, Length), row: &Bars) {
    let lines = wrap(&row.label, LABEL.weight, LABEL.size, 242 * PT, 2);
    let first = if lines.len() == 1 { 15 * PT } else { 10 * PT };
    for (down, line) in (0..).zip(&lines) {
        sheet.words(left, y + first + LABEL.line_height() * down, Align::Left, LABEL, line);
    }
    for (at, shown) in (0..).zip([row.solid, row.hatched]) {
        let Some(shown) = shown else { continue };
        let top = y + 4 * PT + (BAR + PT) * at;
        // What is hidden has no length: only its sign.
        let (drawn, text) = match shown {
            Shown::Count(count) => (count, french::count(u64::from(count))),
            Shown::Below(least) => (0, format!("<{least}")),
        };
        let (from, end) = (axis.at(0), axis.at_count(drawn));
        if at == 0 {
            sheet.block(from, top, (end - from, BAR), DARK);
        } else {
            sheet.hatched(from, top, (end - from, BAR));
        }
        let room = width(&text, SMALL.weight, SMALL.size) + 2 * PT;
        sheet.block(end + 2 * PT, top + PT / 2, (room, BAR - PT), WHITE);
        sheet.words(end + 3 * PT, top + 6 * PT, Align::Left, SMALL, &text);
    }
    if let Some(mark) = row.mark {
        sheet.upright(axis.at_count(mark), y + 2 * PT, ROW - 5 * PT, PT + PT / 2, BLACK);
    }
    sheet.words(left + wide, y + 15 * PT, Align::Right, LABEL, &row.aside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_cut_the_axis_in_few_pieces() {
        for (span, step) in
            [(0, 100), (500, 100), (501, 200), (1_001, 500), (2_501, 1_000), (123_456_789, 50_000_000)]
        {
            assert_eq!(round_step(span, 5), step, "{span}");
        }
    }

    #[test]
    fn an_axis_holds_zero_and_every_amount() {
        let axis = Axis::holding([-12_345, 98_765].map(Cents::new).into_iter(), 1_000, 100_000, 5);
        assert!(axis.low <= -12_345 && axis.high >= 98_765);
        assert!(axis.at(-12_345) >= 1_000 && axis.at(98_765) <= 101_000);
        assert!(axis.ticks().any(|tick| tick == 0) && axis.ticks().count() <= 8);
        let nothing = Axis::holding(std::iter::empty(), 0, 10, 5);
        assert_eq!(nothing.at(0), 0);
    }
}
