//! The worked figures of the design: H bears 1 040.12, X 250.00, O nothing; shared 20/20/60.

use chambre_audit::report::{
    ConventionCited, Direction, HowShared, KeyStep, Labelled, Party, PaymentPart, Quantity, Releve,
    RelogementLine, Role, RunCited, SettlementLimit, VersionPart,
};
use chambre_domain::netting::NetPosition;
use chambre_domain::{
    Amount, Cents, Date, NettingId, OfficerId, OperationId, PaymentId, Period, RelogementId, Seal, Seq,
    Siren, TerritoryId,
};

pub const H: u32 = 1;
pub const X: u32 = 2;
pub const O: u32 = 3;

pub fn cents(number: i64) -> Cents {
    Cents::new(number)
}

pub fn party(number: u32) -> Party {
    let name = match number {
        H => "Bailleur H, société d’accueil de l’Œuvre".to_owned(),
        X => "Bailleur X".to_owned(),
        O => "Bailleur O, organisme d’origine".to_owned(),
        other => format!("Bailleur {other}"),
    };
    Party { siren: Siren::fictitious(number), name }
}

pub fn run() -> RunCited {
    RunCited {
        netting: NettingId::parse("n", "N-200057867-2025-1").unwrap(),
        territory: TerritoryId::parse("t", "200057867").unwrap(),
        period: Period::new(Date::constant(2025, 1, 1), Date::constant(2025, 12, 31)).unwrap(),
        status: "approuvé".to_owned(),
        at_seq: Seq::new(1_234),
        seal: Seal::from_bytes(&[0xab; 32]).unwrap(),
        input_sha256: "0123456789abcdef".repeat(4).into(),
        proposed_by: OfficerId::parse("o", "agent-1").unwrap(),
        approved_by: Some(OfficerId::parse("o", "agent-2").unwrap()),
        between_pairs: false,
        issued_on: Date::constant(2026, 2, 1),
    }
}

pub fn convention(version: u32) -> ConventionCited {
    ConventionCited {
        version,
        in_force_from: Date::constant(2024, 1, 1),
        title: "Charte de relogement de Plaine Commune".to_owned(),
        article: "Article 7.2".to_owned(),
        rule: "tous les bailleurs supportent l’ensemble des efforts selon une clé fixée par la charte"
            .to_owned(),
    }
}

pub fn relogement(id: &str, role: Role, other: u32, lines: [i64; 4]) -> RelogementLine {
    let [gap, works, vacancy, indemnity] = lines;
    let to_date = gap + works + vacancy - indemnity;
    RelogementLine {
        id: RelogementId::parse("r", id).unwrap(),
        operation: OperationId::parse("o", "OP-FRANC-MOISIN").unwrap(),
        role,
        other: (role != Role::Interne).then(|| party(other)),
        lease_date: Date::constant(2025, 3, 1),
        convention_version: 1,
        rent_gap: cents(gap),
        works: cents(works),
        vacancy: cents(vacancy),
        indemnity: cents(indemnity),
        adjustments: Vec::new(),
        to_date: cents(to_date),
        shared_before: Cents::ZERO,
        shared_now: cents(to_date),
        held: None,
        left_out: Vec::new(),
    }
}

/// The relevé of one of the three.
pub fn releve(number: u32) -> Releve {
    let (weight, grain, effort, share) = match number {
        H => (20, true, 104_012, 25_803),
        X => (20, false, 25_000, 25_802),
        _ => (60, false, 0, 77_407),
    };
    let total = cents(129_012);
    let step = KeyStep::divide(
        "Clé de la charte, 20/20/60".to_owned(),
        Quantity::Euros(total),
        (weight, 100),
        grain,
    );
    let position = NetPosition {
        bailleur: Siren::fictitious(number),
        effort: cents(effort),
        fair_share: cents(share),
        carried_over: Cents::ZERO,
        position: cents(effort - share),
        settled: cents(effort - share),
    };
    let hosted = relogement("R-2025-0001", Role::Accueil, O, [384_012, 120_000, 0, 400_000]);
    let (relogements, payments) = match number {
        H => (
            vec![hosted],
            vec![payment(1, Direction::Receives, X, 802), payment(2, Direction::Receives, O, 77_407)],
        ),
        X => (
            vec![relogement("R-2025-0002", Role::Accueil, O, [25_000, 0, 0, 0])],
            vec![payment(1, Direction::Pays, H, 802)],
        ),
        _ => (
            vec![RelogementLine { other: Some(party(H)), role: Role::Origine, ..hosted }],
            vec![payment(2, Direction::Pays, H, 77_407)],
        ),
    };
    Releve {
        run: run(),
        bailleur: party(number),
        position,
        versions: vec![VersionPart {
            convention: convention(1),
            total,
            effort: cents(effort),
            fair_share: cents(share),
            how: HowShared::Keys {
                before: Vec::new(),
                steps: vec![step.unwrap()],
                tariff: None,
                after: Vec::new(),
            },
        }],
        carried_from: Vec::new(),
        limit: None,
        payments,
        set_off: Vec::new(),
        relogements,
    }
}

pub fn payment(number: u32, direction: Direction, counterparty: u32, amount: i64) -> PaymentPart {
    PaymentPart {
        id: PaymentId::parse("p", &format!("N-200057867-2025-1-{number:04}")).unwrap(),
        direction,
        counterparty: party(counterparty),
        amount: Amount::new("a", amount).unwrap(),
        whole: None,
        state: "attendu".to_owned(),
    }
}

pub fn labelled(label: &str, amount: i64) -> Labelled {
    Labelled { label: label.to_owned(), amount: cents(amount) }
}

/// Everything at once: two versions, a cap, a carry-over, late indemnities, regional set-off, long names.
pub fn rich() -> Releve {
    let mut rich = releve(H);
    let mut late = relogement("R-2024-0117", Role::Accueil, X, [120_000, 0, 31_050, 400_000]);
    late.adjustments = vec![labelled("excédent d’indemnité gardé par l’accueillant", 248_950)];
    (late.to_date, late.shared_before, late.shared_now) = (Cents::ZERO, cents(151_050), cents(-151_050));
    late.left_out = vec![labelled("travaux au-delà du plafond de 5 000,00 € par relogement", 123_456)];
    late.convention_version = 2;
    let origin = RelogementLine {
        convention_version: 2,
        ..relogement("R-2025-0009", Role::Origine, X, [50_000, 0, 0, 0])
    };
    let mut second = rich.versions[0].clone();
    second.convention.version = 2;
    (second.total, second.effort, second.fair_share) = (cents(-101_050), cents(-151_050), cents(50_000));
    second.how = HowShared::Origin;
    second.convention.rule = "le bailleur d’origine supporte le coût de ses propres opérations".to_owned();
    rich.versions.push(second);
    let mut disputed = relogement("R-2025-0010", Role::Accueil, X, [77_777, 0, 0, 0]);
    disputed.held = Some("contestation du montant des travaux".to_owned());
    disputed.shared_now = Cents::ZERO;
    rich.relogements.extend([late, origin, disputed]);
    rich.carried_from =
        vec![labelled("arrêté N-200057867-2024-1, non réglé", 30_000), labelled("ordre impayé", 5_000)];
    let position = &mut rich.position;
    position.effort = cents(104_012 - 151_050);
    position.fair_share = cents(25_803 + 50_000);
    position.carried_over = cents(35_000);
    position.position = cents(-47_038 - 75_803 + 35_000);
    position.settled = cents(-50_000);
    rich.limit = Some(SettlementLimit {
        label: "plafond de 2,50 € par logement, 200 logements".to_owned(),
        most: Some(cents(50_000)),
    });
    rich.payments = vec![payment(1, Direction::Pays, X, 60_000)];
    rich.payments[0].whole = Some(Amount::new("a", 90_000).unwrap());
    rich.payments[0].counterparty.name = "Société anonyme d’habitations à loyer modéré ".repeat(6);
    rich.set_off = vec![labelled("compensé avec Est Ensemble", 10_000)];
    rich
}
