//! The French words of modes, steps, stages and reasons.

use chambre_api::v1;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $wire:ident { $($(#[$help:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        pub enum $name { $($(#[$help])* #[value(name = $text)] $variant,)+ }

        impl From<$name> for v1::$wire {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant,)+ }
            }
        }
    )+};
}

words! {
    /// How a pair was brought together.
    Mode: ProposalMode {
        /// Sur la bourse
        Exchange = "bourse",
        /// Par priorité tournante
        Rotating = "tournante",
        /// Fléché par un agent, avec un motif
        Directed = "fleche",
        /// Dans un ensemble calculé
        Batch = "ensemble",
        /// Première équipe à répondre (pour comparaison)
        First = "premier",
        /// Par le ménage lui-même, sur AL’IN
        SelfPositioned = "auto",
    }
    /// Why an officer directs a dwelling.
    Why: DirectionReason {
        /// Enjeu territorial
        Territory = "territoire",
        /// Enjeu supra-territorial
        SupraTerritory = "supra-territoire",
        /// Calendrier de l’opération
        Calendar = "calendrier",
        /// Situation du ménage
        Household = "menage",
        /// Équilibre de l’immeuble ou du quartier
        Balance = "equilibre",
    }
    /// Why a team declines.
    Decline: DeclineReason {
        /// Aucun ménage pour ce logement
        NoHousehold = "sans-menage",
        /// Trop cher
        TooDear = "trop-cher",
        /// Mauvais secteur
        WrongPlace = "secteur",
        /// Mauvaise taille
        WrongSize = "taille",
        /// Autre
        Other = "autre",
    }
    /// Why a household refuses.
    Refusal: HouseholdRefusal {
        /// Le secteur
        Place = "secteur",
        /// La taille
        Size = "taille",
        /// Le loyer
        Rent = "loyer",
        /// Les charges
        Charges = "charges",
        /// L’accessibilité
        Access = "accessibilite",
        /// L’état du logement
        State = "etat",
        /// Le voisinage
        Neighbourhood = "voisinage",
        /// Sans réponse dans le délai
        NoAnswer = "sans-reponse",
        /// Autre
        Other = "autre",
    }
    /// Why a live proposal is withdrawn.
    Withdrawal: WithdrawReason {
        /// Le ménage est parti ou a trouvé ailleurs
        HouseholdLeft = "menage-parti",
        /// Le logement n’est plus libre
        DwellingLost = "logement-perdu",
        /// Saisie par erreur
        Mistake = "erreur",
    }
    /// Who may post on the exchange.
    Poster: PosterRule {
        /// Les bailleurs qui ne démolissent pas
        NonDemolishers = "non-demolisseurs",
        /// Aussi les démolisseurs, hors de leurs propres opérations
        OutsideOwnOperations = "hors-operations",
        /// Tous
        Anyone = "tous",
    }
    /// What a CALEOL decides.
    Decision: CaleolVerdict {
        /// Attribution
        Allocated = "attribution",
        /// Attribution par rang (avec --rank)
        Ranked = "rang",
        /// Attribution sous condition d’une pièce manquante
        Conditional = "condition",
        /// Non-attribution
        NotAllocated = "non-attribution",
        /// Demande irrecevable
        Inadmissible = "irrecevable",
    }
}

/// Steps before the lease, and the one that undoes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StepName {
    /// L’équipe se positionne
    #[value(name = "positionner")]
    Position,
    /// L’équipe décline (avec --declined-for)
    #[value(name = "decliner")]
    Decline,
    /// Le dossier part à la CALEOL du bailleur d’accueil
    #[value(name = "transmettre")]
    Submit,
    /// La CALEOL décide (avec --decision)
    #[value(name = "caleol")]
    Decide,
    /// Les candidats classés avant ont refusé
    #[value(name = "rang-atteint")]
    Reach,
    /// La pièce manquante est arrivée
    #[value(name = "condition-levee")]
    Meet,
    /// L’offre est notifiée au ménage
    #[value(name = "notifier")]
    Notify,
    /// Le ménage accepte
    #[value(name = "accepter")]
    Accept,
    /// Le ménage refuse (avec --refused-for)
    #[value(name = "refuser")]
    Refuse,
    /// Parc propre : la CALEOL est informée
    #[value(name = "informer-caleol")]
    InformCaleol,
    /// La proposition est retirée (avec --withdrawn-for)
    #[value(name = "retirer")]
    Withdraw,
    /// Le bail signé est annulé : le registre l’apprend
    #[value(name = "annuler-bail")]
    Reverse,
}

/// Why a team declined, for people; nothing when it did not say.
pub const fn decline(reason: v1::DeclineReason) -> Option<&'static str> {
    match reason {
        v1::DeclineReason::NoHousehold => Some("sans ménage"),
        v1::DeclineReason::TooDear => Some("trop cher"),
        v1::DeclineReason::WrongPlace => Some("secteur"),
        v1::DeclineReason::WrongSize => Some("taille"),
        v1::DeclineReason::Other => Some("autre motif"),
        v1::DeclineReason::Unspecified => None,
    }
}

/// Where a proposal stands, for people.
pub fn stage(proposal: &v1::Proposal) -> &'static str {
    use v1::ProposalStage as Stage;
    match proposal.stage() {
        Stage::Proposed => "proposée à l’équipe",
        Stage::Positioned => "positionnée",
        Stage::Submitted => "devant la CALEOL",
        Stage::Ranked => "classée, d’autres avant elle",
        Stage::Conditional => "attribuée sous condition",
        Stage::Allocated => "attribuée",
        Stage::Offered => "notifiée au ménage",
        Stage::Accepted => "acceptée",
        Stage::Completed => "bail signé",
        Stage::Ended if proposal.withdrawn_for() == v1::WithdrawReason::ChainBroken => {
            "retirée : un maillon d’avant a échoué"
        }
        Stage::Ended => end(proposal.end()),
        Stage::Unspecified => "inconnue",
    }
}

fn end(end: v1::ProposalEnd) -> &'static str {
    use v1::ProposalEnd as End;
    match end {
        End::Declined => "déclinée par l’équipe",
        End::Expired => "expirée sans réponse",
        End::CaleolRefused => "non attribuée par la CALEOL",
        End::Refused => "refusée par le ménage",
        End::Withdrawn => "retirée",
        End::Reversed => "bail annulé",
        End::Unspecified => "terminée",
    }
}

/// What to do next, for people; nothing when there is nothing.
pub fn next(proposal: &v1::Proposal) -> Option<&'static str> {
    use v1::ProposalStage as Stage;
    let inside = proposal.origin_siren == proposal.host_siren;
    Some(match proposal.stage() {
        Stage::Proposed => "l’équipe se positionne (« positionner ») ou décline",
        Stage::Positioned if inside => "notifier l’offre au ménage (« notifier »)",
        Stage::Positioned => "transmettre le dossier à la CALEOL (« transmettre »)",
        Stage::Submitted => "décision de la CALEOL (« caleol --decision … »)",
        Stage::Ranked => "attendre le rang (« rang-atteint »)",
        Stage::Conditional => "recevoir la pièce (« condition-levee »)",
        Stage::Allocated => "notifier l’offre au ménage (« notifier »)",
        Stage::Offered => "réponse du ménage (« accepter » ou « refuser »)",
        Stage::Accepted => "signer le bail (« chambre match complete »)",
        Stage::Completed | Stage::Ended | Stage::Unspecified => return None,
    })
}
