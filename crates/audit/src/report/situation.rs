//! Where a territory stands in its matching, as one picture. Nothing in it names a household.
//!
//! The counts come in as they may be shown: what is hidden from a reader in the tables is hidden here.

use super::chart::{Bars, bars};
use super::paper::mark::{Align, BLACK, Look, Sheet};
use super::paper::{Length, PT, svg};
use chambre_domain::{Date, french};

/// A count as its reader may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The count.
    Count(u32),
    /// Below this number, and not zero.
    Below(u32),
}

/// Households who look for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedBar {
    /// `OP-1, T3, PLUS`.
    pub label: String,
    /// How many.
    pub households: Shown,
    /// Of them, urgent ones.
    pub urgent: Shown,
}

/// Offers without reaction, by what explains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonBar {
    /// Why, in French.
    pub label: String,
    /// How many offers.
    pub offers: u32,
}

/// How long a team takes to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelayBar {
    /// The team.
    pub label: String,
    /// Proposals shown to it.
    pub proposed: u32,
    /// Proposals it answered.
    pub answered: u32,
    /// Middle number of days to an answer, and the longest; nothing when it never answered.
    pub days: Option<(u32, u32)>,
}

/// What was promised and what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentBar {
    /// The reserver.
    pub label: String,
    /// Dwellings promised over the period.
    pub committed: u32,
    /// Of them, due by the day.
    pub due: u32,
    /// Placements made.
    pub achieved: u32,
    /// Achieved of committed: « 6,7 % ».
    pub share: String,
}

/// The figures of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The territory, for people.
    pub place: String,
    /// The day.
    pub on: Date,
    /// Needs still open.
    pub needs: Vec<NeedBar>,
    /// Offers lying there, engaged ones left out.
    pub offers: u32,
    /// Of them, those without reaction, by reason, in the order to draw.
    pub reasons: Vec<ReasonBar>,
    /// By team.
    pub delays: Vec<DelayBar>,
    /// By contingent.
    pub commitments: Vec<CommitmentBar>,
}

const WIDE: Length = 842 * PT;
const SIDE: Length = 36 * PT;
const GREY: Look = Look::grey(8 * PT);

/// The picture, as SVG: the same figures give the same bytes.
#[must_use]
pub fn svg(situation: &Situation) -> String {
    let mut canvas = Canvas { sheet: Sheet::default(), y: SIDE };
    let title = format!("Appariement – {} au {}", situation.place, french::long_date(situation.on));
    canvas.line(Look::bold(16 * PT), &title);
    canvas.line(GREY, "Chambre de compensation des relogements. Aucun ménage n’est nommé.");
    reasons(&mut canvas, situation);
    delays(&mut canvas, &situation.delays);
    commitments(&mut canvas, &situation.commitments);
    needs(&mut canvas, &situation.needs);
    svg::picture(&canvas.sheet, (WIDE, canvas.y + SIDE / 2), &title)
}

/// A sheet as high as it needs to be.
struct Canvas {
    sheet: Sheet,
    y: Length,
}

impl Canvas {
    fn line(&mut self, look: Look, text: &str) {
        self.y += look.line_height();
        self.sheet.words(SIDE, self.y, Align::Left, look, text);
    }

    fn heading(&mut self, text: &str) {
        self.y += 20 * PT;
        self.line(Look::bold(11 * PT), text);
        self.y += 5 * PT;
        self.sheet.rule(SIDE, self.y, WIDE - 2 * SIDE, PT, BLACK);
        self.y += 5 * PT;
    }

    /// Bars on one scale, or a sentence when there is nothing to draw.
    fn bars(&mut self, legend: (&str, Option<&str>, &str), rows: &[Bars]) {
        if rows.is_empty() {
            self.line(GREY, "Rien à montrer ce jour.");
            return;
        }
        let place = (SIDE, self.y, WIDE - 2 * SIDE);
        self.y = bars(&mut self.sheet, place, legend, rows);
    }
}

fn reasons(canvas: &mut Canvas, situation: &Situation) {
    let orphans = situation.reasons.iter().map(|row| row.offers).fold(0_u32, u32::saturating_add);
    let (orphans, offers) = (u64::from(orphans), u64::from(situation.offers));
    let share = match (orphans * 2_000 + offers).checked_div(offers * 2) {
        Some(tenths) => format!(", soit {},{}\u{a0}%", tenths / 10, tenths % 10),
        None => String::new(),
    };
    let of = format!("{} sur {}{share}", french::count(orphans), french::count(offers));
    canvas.heading(&format!("Offres sans réaction, par motif : {of}"));
    let rows: Vec<_> = situation
        .reasons
        .iter()
        .map(|row| Bars {
            label: row.label.clone(),
            solid: Some(Shown::Count(row.offers)),
            ..Bars::default()
        })
        .collect();
    canvas.bars(("offres", None, ""), &rows);
}

fn delays(canvas: &mut Canvas, delays: &[DelayBar]) {
    canvas.heading("Délai de réponse des MOUS, en jours");
    let count = |number: u32| french::count(u64::from(number));
    let rows: Vec<_> = delays
        .iter()
        .map(|row| Bars {
            label: row.label.clone(),
            solid: row.days.map(|days| Shown::Count(days.0)),
            hatched: row.days.map(|days| Shown::Count(days.1)),
            mark: None,
            aside: format!("{} sur {}", count(row.answered), count(row.proposed)),
        })
        .collect();
    canvas.bars(("délai médian", Some("le plus long"), "répondues sur proposées"), &rows);
}

fn commitments(canvas: &mut Canvas, commitments: &[CommitmentBar]) {
    canvas.heading("Réalisé sur engagé, par réservataire");
    let count = |number: u32| french::count(u64::from(number));
    let rows: Vec<_> = commitments
        .iter()
        .map(|row| Bars {
            label: row.label.clone(),
            solid: Some(Shown::Count(row.achieved)),
            hatched: Some(Shown::Count(row.committed)),
            mark: Some(row.due),
            aside: format!("{} sur {}, soit {}", count(row.achieved), count(row.committed), row.share),
        })
        .collect();
    canvas.bars(("réalisés", Some("engagés"), "trait : dus à ce jour"), &rows);
}

fn needs(canvas: &mut Canvas, needs: &[NeedBar]) {
    canvas.heading("Besoins du mois, par opération, typologie et financement");
    let rows: Vec<_> = needs
        .iter()
        .map(|row| Bars {
            label: row.label.clone(),
            solid: Some(row.households),
            hatched: Some(row.urgent),
            ..Bars::default()
        })
        .collect();
    canvas.bars(("ménages", Some("dont urgents"), ""), &rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation() -> Situation {
        Situation {
            place: "Plaine Commune (200057867)".to_owned(),
            on: Date::constant(2026, 11, 28),
            needs: vec![NeedBar {
                label: "OP-1 & Cie, T3, PLUS".to_owned(),
                households: Shown::Below(5),
                urgent: Shown::Count(0),
            }],
            offers: 30,
            reasons: vec![ReasonBar { label: "personne n’a répondu".to_owned(), offers: 2 }],
            delays: vec![
                DelayBar { label: "MOUS-A".to_owned(), proposed: 15, answered: 12, days: Some((3, 9)) },
                DelayBar { label: "MOUS-B".to_owned(), proposed: 4, answered: 0, days: None },
            ],
            commitments: vec![CommitmentBar {
                label: "Ville (fictive)".to_owned(),
                committed: 30,
                due: 12,
                achieved: 2,
                share: "6,7\u{a0}%".to_owned(),
            }],
        }
    }

    #[test]
    fn the_picture_says_each_figure_once_and_the_same_figures_give_the_same_bytes() {
        let drawn = svg(&situation());
        for said in [
            "Appariement – Plaine Commune (200057867) au 28 novembre 2026",
            "Offres sans réaction, par motif : 2 sur 30, soit 6,7\u{a0}%",
            "personne n’a répondu",
            "12 sur 15",
            "2 sur 30, soit 6,7\u{a0}%",
            "trait : dus à ce jour",
            "OP-1 &amp; Cie, T3, PLUS",
        ] {
            assert!(drawn.contains(said), "{said}");
        }
        assert_eq!(drawn, svg(&situation()));
    }

    #[test]
    fn a_hidden_count_has_no_bar_and_is_never_guessed_from_the_picture() {
        let drawn = svg(&situation());
        assert!(drawn.contains(">&lt;5</text>"));
        for hidden in 1..5 {
            let mut shown = situation();
            shown.needs[0].households = Shown::Count(hidden);
            assert_ne!(svg(&shown), drawn);
        }
    }

    #[test]
    fn a_territory_where_nothing_happened_is_told_so() {
        let empty = Situation {
            needs: vec![],
            offers: 0,
            reasons: vec![],
            delays: vec![],
            commitments: vec![],
            ..situation()
        };
        assert_eq!(svg(&empty).matches("Rien à montrer ce jour.").count(), 4);
    }
}
