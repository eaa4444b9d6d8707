//! Why something was refused: the one catalogue of reasons, in English and in French.
//!
//! A reason is part of the contract: its code is stable, clients branch on it. The sentence is for a
//! reader, the fix says what to do next.

use std::fmt;

/// A declaration, a command or a question that the rules of the trade do not allow.
///
/// It names the field, the value met there and the reason; [`Reason`] adds the sentence and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {sentence} (got {value:?}); {fix}", sentence = reason.english(), fix = reason.fix())]
pub struct Refusal {
    /// What was wrong.
    pub reason: Reason,
    /// Path of the field in the request, for example `relogement.host_siren` or `events[3].works.amount_cents`.
    pub field: String,
    /// The value met, cut to 80 characters; never a household.
    pub value: String,
    /// What else a program needs: the first seq, the limit, the other id.
    pub facts: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal of `value`, met in `field`.
    pub fn new(reason: Reason, field: impl Into<String>, value: impl fmt::Display) -> Self {
        Self { reason, field: field.into(), value: cut(&value.to_string()), facts: Vec::new() }
    }

    /// Adds a fact that a program may need, such as the limit that was passed.
    #[must_use]
    pub fn with(mut self, name: &'static str, fact: impl fmt::Display) -> Self {
        self.facts.push((name, cut(&fact.to_string())));
        self
    }

    /// Puts the field inside its parent: `amount_cents` within `works` is `works.amount_cents`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field =
            if self.field.is_empty() { parent.to_owned() } else { format!("{parent}.{}", self.field) };
        self
    }

    /// The whole sentence in French, for a person.
    #[must_use]
    pub fn french(&self) -> String {
        format!(
            "{} : {} (valeur reçue : « {} »). {}",
            self.field,
            self.reason.french(),
            self.value,
            self.reason.fix_french()
        )
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What kind of answer a refusal deserves; the door gives each its gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong by itself, whatever the books hold.
    Invalid,
    /// It names something the books do not hold.
    Missing,
    /// It would create again what exists with other content.
    Exists,
    /// It is well formed, but the books are not in a state that allows it.
    State,
    /// Somebody else must do it.
    Forbidden,
    /// Who asks is not established.
    Unauthenticated,
    /// The books changed since it was prepared: prepare it again.
    Outdated,
    /// Try again later: a limit of the service was met.
    Exhausted,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $kind:ident,
        $english:literal, $fix:literal, $french:literal, $fix_french:literal;)*) => {
        /// The closed list of reasons.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // each variant's sentence is its documentation
        pub enum Reason { $($variant,)* }

        impl Reason {
            /// Every reason, in the order of the catalogue.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// Stable code, `UPPER_SNAKE_CASE`, as sent in `google.rpc.ErrorInfo.reason`.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Reason::$variant => $code,)* } }

            /// The kind of answer it deserves.
            #[must_use]
            pub fn kind(self) -> Kind { match self { $(Reason::$variant => Kind::$kind,)* } }

            /// What was wrong, in English.
            #[must_use]
            pub fn english(self) -> &'static str { match self { $(Reason::$variant => $english,)* } }

            /// What to do, in English.
            #[must_use]
            pub fn fix(self) -> &'static str { match self { $(Reason::$variant => $fix,)* } }

            /// What was wrong, in French.
            #[must_use]
            pub fn french(self) -> &'static str { match self { $(Reason::$variant => $french,)* } }

            /// What to do, in French.
            #[must_use]
            pub fn fix_french(self) -> &'static str { match self { $(Reason::$variant => $fix_french,)* } }
        }
    };
}

reasons! {
    // identifiers
    SirenFormat, "SIREN_FORMAT", Invalid, "a SIREN has exactly nine digits", "send the nine digits, without spaces",
        "un SIREN compte exactement neuf chiffres", "Indiquez les neuf chiffres, sans espace.";
    SirenCheckDigit, "SIREN_CHECK_DIGIT", Invalid, "the check digit of this SIREN is wrong", "look for a mistyped or swapped digit",
        "la clé de contrôle de ce SIREN est fausse", "Cherchez un chiffre mal saisi ou interverti.";
    IdEmpty, "ID_EMPTY", Invalid, "an identifier is missing", "send 1 to 64 characters; a UUIDv7 is the best choice",
        "un identifiant manque", "Indiquez de 1 à 64 caractères ; un UUIDv7 convient le mieux.";
    IdTooLong, "ID_TOO_LONG", Invalid, "an identifier has at most 64 characters", "shorten it",
        "un identifiant compte au plus 64 caractères", "Raccourcissez-le.";
    IdCharacters, "ID_CHARACTERS", Invalid, "an identifier holds ASCII letters, digits and - _ . : only", "replace the other characters",
        "un identifiant ne contient que des lettres sans accent, des chiffres et - _ . :", "Remplacez les autres caractères.";
    IdReserved, "ID_RESERVED", Invalid, "identifiers that begin this way are those of the service's own decisions", "choose an identifier that begins otherwise; a UUIDv7 is the best choice",
        "les identifiants qui commencent ainsi sont ceux des décisions du service", "Choisissez un identifiant qui commence autrement ; un UUIDv7 convient le mieux.";
    HouseholdNir, "HOUSEHOLD_NIR", Invalid, "this household looks like a social security number (NIR)", "send a pseudonym: HMAC of your own household number with a key that you keep",
        "ce ménage ressemble à un numéro de sécurité sociale (NIR)", "Transmettez un pseudonyme : HMAC de votre numéro interne avec une clé que vous gardez.";
    HouseholdNur, "HOUSEHOLD_NUR", Invalid, "this household looks like a bare registration number of the request (NUR)", "send a pseudonym: HMAC of the NUR with a key that you keep",
        "ce ménage ressemble à un numéro unique de demande (NUR) en clair", "Transmettez un pseudonyme : HMAC du NUR avec une clé que vous gardez.";

    // messages
    MessageUnreadable, "MESSAGE_UNREADABLE", Invalid, "these bytes are not a message of this method", "generate the client from proto/; every string is UTF-8",
        "ces octets ne sont pas un message de cette méthode", "Générez le client à partir de proto/ ; tout texte est en UTF-8.";
    MessageTooLarge, "MESSAGE_TOO_LARGE", Invalid, "a message is at most 4 MiB", "send fewer events in each message",
        "un message fait au plus 4 Mio", "Envoyez moins d’événements par message.";

    // fields
    FieldMissing, "FIELD_MISSING", Invalid, "this field is required", "send it",
        "ce champ est obligatoire", "Renseignez-le.";
    ValueUnknown, "VALUE_UNKNOWN", Invalid, "this value is not in the list", "send one of the documented values",
        "cette valeur n’est pas dans la liste", "Indiquez une des valeurs documentées.";
    TextTooLong, "TEXT_TOO_LONG", Invalid, "this text is too long", "shorten it to the limit",
        "ce texte est trop long", "Raccourcissez-le.";
    TextCharacters, "TEXT_CHARACTERS", Invalid, "this text holds control characters", "remove tabs, line ends and other control characters",
        "ce texte contient des caractères de contrôle", "Retirez tabulations et fins de ligne.";
    DateInvalid, "DATE_INVALID", Invalid, "this is not a calendar date between 1990 and 2100", "send a real year, month and day",
        "cette date n’existe pas entre 1990 et 2100", "Indiquez une année, un mois et un jour réels.";
    DateInFuture, "DATE_IN_FUTURE", Invalid, "this date is after today", "declare what has happened, once it has",
        "cette date est postérieure à aujourd’hui", "Déclarez le fait une fois qu’il a eu lieu.";
    DatesOutOfOrder, "DATES_OUT_OF_ORDER", Invalid, "these dates are in the wrong order", "swap them, or correct one",
        "ces dates sont dans le mauvais ordre", "Inversez-les ou corrigez-en une.";
    AmountFormat, "AMOUNT_FORMAT", Invalid, "this is not an amount in euros", "write digits with a comma or a point before the cents, for example 1234,56",
        "ce n’est pas un montant en euros", "Écrivez des chiffres, avec une virgule avant les centimes : 1234,56.";
    AmountSubCent, "AMOUNT_SUB_CENT", Invalid, "an amount has no fraction of a cent", "round it as your signed declaration does, to two decimals",
        "un montant n’a pas de fraction de centime", "Arrondissez à deux décimales, comme votre déclaration signée.";
    AmountNotPositive, "AMOUNT_NOT_POSITIVE", Invalid, "this amount must be above zero", "send a positive amount; a correction is a reversal, never a negative amount",
        "ce montant doit être supérieur à zéro", "Indiquez un montant positif ; une correction est une extourne, jamais un montant négatif.";
    AmountNegative, "AMOUNT_NEGATIVE", Invalid, "this amount cannot be negative", "send zero or more",
        "ce montant ne peut pas être négatif", "Indiquez zéro ou davantage.";
    AmountTooLarge, "AMOUNT_TOO_LARGE", Invalid, "this amount is beyond one billion euros", "check the unit: amounts are in cents",
        "ce montant dépasse un milliard d’euros", "Vérifiez l’unité : les montants sont en centimes.";
    RentSentinel, "RENT_SENTINEL", Invalid, "9999 means 'sans objet' in RPLS files, it is not a rent", "send the real rent, or do not declare this relogement",
        "9999 signifie « sans objet » dans les fichiers RPLS, ce n’est pas un loyer", "Indiquez le loyer réel.";
    UnitWrong, "UNIT_WRONG", Invalid, "this quantity is in the wrong unit", "send euros in cents, building rights in whole m²",
        "cette quantité est dans la mauvaise unité", "Indiquez les euros en centimes, les droits à construire en m² entiers.";
    ChargesIncomplete, "CHARGES_INCOMPLETE", Invalid, "reference and practised charges go together", "send both, or neither",
        "les charges de référence et pratiquées vont ensemble", "Renseignez les deux, ou aucune.";
    TerritoryUnknown, "TERRITORY_UNKNOWN", Invalid, "this is not one of the 63 netting territories of Île-de-France", "send the SIREN of the EPCI, of the EPT in Grand Paris, or of Paris (ListTerritories)",
        "ce n’est pas l’un des 63 territoires de compensation d’Île-de-France", "Indiquez le SIREN de l’EPCI, de l’EPT dans le Grand Paris, ou de Paris.";
    CommuneUnknown, "COMMUNE_UNKNOWN", Invalid, "no commune of Île-de-France has this INSEE code at this date", "check the five-character INSEE code (not the postal code) and the date",
        "aucune commune d’Île-de-France ne porte ce code INSEE à cette date", "Vérifiez le code INSEE à cinq caractères (et non le code postal) et la date.";
    BatchTooLarge, "BATCH_TOO_LARGE", Invalid, "this batch holds too many events", "split it",
        "ce lot contient trop d’événements", "Découpez-le.";
    BatchEmpty, "BATCH_EMPTY", Invalid, "this batch holds no event", "send at least one",
        "ce lot ne contient aucun événement", "Envoyez au moins un événement.";
    PageSize, "PAGE_SIZE", Invalid, "a page size cannot be negative", "send 0 for the default, or 1 to 1000",
        "une taille de page ne peut pas être négative", "Indiquez 0 (défaut) ou de 1 à 1000.";
    PageToken, "PAGE_TOKEN", Invalid, "this page token does not belong to this question", "send next_page_token back unchanged, with the same filters",
        "ce jeton de page ne correspond pas à cette question", "Renvoyez next_page_token tel quel, avec les mêmes filtres.";
    SeqBeyondHead, "SEQ_BEYOND_HEAD", Invalid, "the journal does not reach this seq", "send a seq up to the head (GetJournalHead)",
        "le journal n’atteint pas ce numéro", "Indiquez un numéro qui ne dépasse pas la tête du journal.";
    ExportWhole, "EXPORT_WHOLE", Invalid, "the journal with its seals is exported whole: a part of it proves nothing", "leave this filter out",
        "le journal avec ses sceaux s’exporte en entier : une partie ne prouve rien", "Retirez ce filtre.";

    // conventions
    ConventionFormat, "CONVENTION_FORMAT", Invalid, "this convention file cannot be read", "compare it with the annotated example in docs/conventions.md",
        "ce fichier de convention est illisible", "Comparez-le à l’exemple annoté de docs/conventions.md.";
    ConventionRange, "CONVENTION_RANGE", Invalid, "this parameter of the convention is out of its range", "see the range in docs/conventions.md",
        "ce paramètre de la convention est hors de ses bornes", "Voyez les bornes dans docs/conventions.md.";
    ConventionWeights, "CONVENTION_WEIGHTS", Invalid, "this key needs at least one weight, and every weight is a whole number of zero or more", "list the bailleurs and their weights",
        "cette clé demande au moins un poids, entier positif ou nul", "Listez les bailleurs et leurs poids.";
    ConventionRoles, "CONVENTION_ROLES", Invalid, "each demolishing bailleur must be listed in the weights", "add its weight, or remove it from the demolishers",
        "chaque bailleur démolisseur doit figurer dans les poids", "Ajoutez son poids, ou retirez-le des démolisseurs.";
    ConventionVersion, "CONVENTION_VERSION", State, "versions of a convention follow each other by one, each in force after the one before", "send the next version, with a later date",
        "les versions d’une convention se suivent, chacune en vigueur après la précédente", "Indiquez la version suivante, avec une date postérieure.";
    ConventionTooLate, "CONVENTION_TOO_LATE", State, "a relogement already follows another version on this date", "date the new version after the last lease recorded in the territory",
        "un relogement suit déjà une autre version à cette date", "Datez la nouvelle version après le dernier bail enregistré sur le territoire.";

    // what the books do not hold
    BailleurUnknown, "BAILLEUR_UNKNOWN", Missing, "no bailleur is registered under this SIREN", "register it first (RegisterBailleur)",
        "aucun bailleur n’est inscrit sous ce SIREN", "Inscrivez-le d’abord.";
    OperationUnknown, "OPERATION_UNKNOWN", Missing, "no operation is registered under this id", "register it first (RegisterOperation)",
        "aucune opération n’est inscrite sous cet identifiant", "Inscrivez-la d’abord.";
    RelogementUnknown, "RELOGEMENT_UNKNOWN", Missing, "no relogement is recorded under this id", "record it first (RecordRelogement)",
        "aucun relogement n’est enregistré sous cet identifiant", "Enregistrez-le d’abord.";
    EventUnknown, "EVENT_UNKNOWN", Missing, "no event is recorded under this id", "check the event id of the declaration to reverse",
        "aucun événement n’est enregistré sous cet identifiant", "Vérifiez l’identifiant de la déclaration à extourner.";
    ConventionUnknown, "CONVENTION_UNKNOWN", Missing, "no convention of this territory has this version", "list them (ListConventions)",
        "aucune convention de ce territoire n’a cette version", "Consultez la liste des conventions.";
    NettingUnknown, "NETTING_UNKNOWN", Missing, "no netting run has this id", "list them (ListNettings)",
        "aucun arrêté n’a cet identifiant", "Consultez la liste des arrêtés.";
    PaymentUnknown, "PAYMENT_UNKNOWN", Missing, "this netting run has no such payment", "see the payments of the run (GetNetting)",
        "cet arrêté n’a pas ce paiement", "Consultez les paiements de l’arrêté.";

    CheckpointKeyMissing, "CHECKPOINT_KEY_MISSING", State, "this chamber has no key to sign checkpoints with", "start it with --checkpoint-key; `chambre keys new` makes a key",
        "cette chambre n’a pas de clé pour signer des points de contrôle", "Démarrez-la avec --checkpoint-key ; « chambre keys new » crée une clé.";

    // bank accounts
    IbanCharacters, "IBAN_CHARACTERS", Invalid, "an IBAN is two letters, two digits, then letters and digits", "copy it from the bank's own document (RIB)",
        "un IBAN compte deux lettres, deux chiffres, puis des lettres et des chiffres", "Recopiez-le du relevé d’identité bancaire.";
    IbanCountry, "IBAN_COUNTRY", Invalid, "this country is not in the SEPA", "register an account held in a SEPA country",
        "ce pays n’est pas dans l’espace SEPA", "Inscrivez un compte tenu dans un pays de l’espace SEPA.";
    IbanLength, "IBAN_LENGTH", Invalid, "this IBAN does not have the length of its country", "look for a missing or repeated character",
        "cet IBAN n’a pas la longueur de son pays", "Cherchez un caractère oublié ou répété.";
    IbanCheckDigits, "IBAN_CHECK_DIGITS", Invalid, "the check digits of this IBAN are wrong", "look for a mistyped or swapped character",
        "la clé de contrôle de cet IBAN est fausse", "Cherchez un caractère mal saisi ou interverti.";
    IbanRibKey, "IBAN_RIB_KEY", Invalid, "the clé RIB (last two digits) of this French IBAN is wrong", "copy the IBAN again from the bank's own document (RIB)",
        "la clé RIB (deux derniers chiffres) de cet IBAN est fausse", "Recopiez l’IBAN du relevé d’identité bancaire.";
    BicFormat, "BIC_FORMAT", Invalid, "a BIC has 8 or 11 characters: four, the two letters of a country, two, and perhaps three", "copy it from the RIB, or leave it out",
        "un BIC compte 8 ou 11 caractères, dont les deux lettres d’un pays", "Recopiez-le du RIB, ou laissez-le vide.";
    BankAccountUnknown, "BANK_ACCOUNT_UNKNOWN", Missing, "no bank account of this bailleur is in use on this day", "register it (RegisterBankAccount)",
        "aucun compte bancaire de ce bailleur n’est en usage à cette date", "Inscrivez-le.";
    BankAccountExists, "BANK_ACCOUNT_EXISTS", Exists, "this bank account is already the last one recorded for this bailleur", "nothing to do",
        "ce compte bancaire est déjà le dernier inscrit pour ce bailleur", "Rien à faire.";
    BankAccountTaken, "BANK_ACCOUNT_TAKEN", State, "this account is the one of another bailleur", "check the IBAN with both",
        "ce compte est celui d’un autre bailleur", "Vérifiez l’IBAN auprès des deux.";
    BankAccountSame, "BANK_ACCOUNT_SAME", State, "payer and payee have the same account", "check both IBANs in the register",
        "le payeur et le bénéficiaire ont le même compte", "Vérifiez les deux IBAN au registre.";

    // payment orders
    NameUnwritable, "NAME_UNWRITABLE", State, "this name cannot be written in a payment order (Latin letters and digits, at most 70 characters)", "register the name that the bank knows",
        "ce nom ne peut pas s’écrire dans un ordre de paiement (lettres latines et chiffres, 70 caractères au plus)", "Inscrivez le nom connu de la banque.";
    OrderDuplicate, "ORDER_DUPLICATE", State, "two payments have the same reference", "give each payment its own id",
        "deux paiements portent la même référence", "Donnez à chaque paiement son identifiant.";
    OrderFile, "ORDER_FILE", State, "the payment order breaks a rule of the European Payments Council", "see the rule named in the facts",
        "l’ordre de paiement contrevient à une règle du Conseil européen des paiements", "Voyez la règle citée.";

    // bank statements
    StatementTooLarge, "STATEMENT_TOO_LARGE", Invalid, "this statement is beyond what is read at once", "ask the bank for one file a day",
        "ce relevé dépasse ce qui se lit en une fois", "Demandez à la banque un fichier par jour.";
    StatementXml, "STATEMENT_XML", Invalid, "this is not one whole, well-formed XML document in UTF-8", "download the statement again",
        "ce n’est pas un document XML entier et bien formé, en UTF-8", "Téléchargez de nouveau le relevé.";
    StatementEntity, "STATEMENT_ENTITY", Invalid, "a statement holds no document type and no entity of its own", "do not trust this file; ask the bank",
        "un relevé ne contient ni type de document ni entité", "N’utilisez pas ce fichier ; interrogez la banque.";
    StatementSchema, "STATEMENT_SCHEMA", Invalid, "this is not a camt.053 or camt.054 message in version 001.02 or 001.08", "ask the bank for one of these formats",
        "ce n’est pas un message camt.053 ou camt.054 en version 001.02 ou 001.08", "Demandez l’un de ces formats à la banque.";
    StatementField, "STATEMENT_FIELD", Invalid, "the statement lacks this element, or holds it twice", "ask the bank for a whole statement",
        "le relevé n’a pas cet élément, ou l’a deux fois", "Demandez à la banque un relevé complet.";
    StatementValue, "STATEMENT_VALUE", Invalid, "this element of the statement does not hold what its format allows", "ask the bank for a corrected statement",
        "cet élément du relevé n’a pas une valeur permise", "Demandez à la banque un relevé corrigé.";
    StatementCurrency, "STATEMENT_CURRENCY", Invalid, "the chamber reads statements in euros only", "import the statement of the account in euros",
        "la chambre ne lit que des relevés en euros", "Importez le relevé du compte en euros.";
    StatementBalance, "STATEMENT_BALANCE", Invalid, "the entries do not lead from the opening to the closing balance, or to the totals announced", "an entry is missing, doubled or altered: download the statement again",
        "les mouvements ne mènent pas du solde d’ouverture au solde de clôture, ou aux totaux annoncés", "Un mouvement manque, est doublé ou altéré : téléchargez de nouveau le relevé.";
    StatementPending, "STATEMENT_PENDING", Invalid, "this entry is not booked yet", "import the statement once the entry is booked",
        "ce mouvement n’est pas encore comptabilisé", "Importez le relevé une fois le mouvement comptabilisé.";
    StatementAccount, "STATEMENT_ACCOUNT", State, "this account is in the register of no bailleur", "register it, or import the statement of a registered account",
        "ce compte n’est inscrit pour aucun bailleur", "Inscrivez-le, ou importez le relevé d’un compte inscrit.";
    StatementDuplicate, "STATEMENT_DUPLICATE", Invalid, "this reference comes twice in the file", "download the statement again; a payment made twice is settled with the bank",
        "cette référence vient deux fois dans le fichier", "Téléchargez de nouveau le relevé ; un double paiement se règle avec la banque.";
    StatementDirection, "STATEMENT_DIRECTION", State, "this entry goes the wrong way for its payment, and is not marked as a return", "ask the bank what this entry is",
        "ce mouvement va à l’envers de son paiement, sans être signalé comme un retour", "Demandez à la banque ce qu’est ce mouvement.";

    // what exists already
    EventIdReused, "EVENT_ID_REUSED", Exists, "this event id is already in the journal with other content", "send a new id for a new event, or reverse the first one",
        "cet identifiant d’événement est déjà au journal avec un autre contenu", "Prenez un nouvel identifiant pour un nouvel événement, ou extournez le premier.";
    BailleurExists, "BAILLEUR_EXISTS", Exists, "this bailleur is already registered", "nothing to do, or record its succession",
        "ce bailleur est déjà inscrit", "Rien à faire, ou enregistrez sa succession.";
    OperationExists, "OPERATION_EXISTS", Exists, "this operation is already registered", "choose another id for another operation",
        "cette opération est déjà inscrite", "Prenez un autre identifiant pour une autre opération.";
    RelogementExists, "RELOGEMENT_EXISTS", Exists, "this relogement is already recorded", "reverse the first record before correcting it, or choose another id",
        "ce relogement est déjà enregistré", "Extournez le premier enregistrement avant de le corriger, ou prenez un autre identifiant.";

    // what the state of the books forbids
    HostWithoutStock, "HOST_WITHOUT_STOCK", State, "an operator without stock cannot host a household", "name the bailleur that signed the lease",
        "un opérateur sans parc ne peut pas accueillir un ménage", "Indiquez le bailleur qui a signé le bail.";
    BailleurAbsorbed, "BAILLEUR_ABSORBED", State, "this bailleur has been absorbed by another", "name the absorbing bailleur",
        "ce bailleur a été absorbé par un autre", "Indiquez le bailleur absorbant.";
    SuccessionToSelf, "SUCCESSION_TO_SELF", Invalid, "a bailleur cannot absorb itself", "name two bailleurs",
        "un bailleur ne peut pas s’absorber lui-même", "Indiquez deux bailleurs.";
    NoConvention, "NO_CONVENTION", State, "no convention of the territory is in force on this date", "publish the convention that applies on the lease date (PublishConvention)",
        "aucune convention du territoire n’est en vigueur à cette date", "Publiez la convention applicable à la date du bail.";
    LeaseAlreadyEnded, "LEASE_ALREADY_ENDED", State, "the end of this lease is already recorded", "reverse the first declaration before correcting it",
        "la fin de ce bail est déjà enregistrée", "Extournez la première déclaration avant de la corriger.";
    IndemnityExceeded, "INDEMNITY_EXCEEDED", State, "more would be reclaimed than was received", "declare the receipt first, or reclaim less",
        "il serait repris plus que ce qui a été reçu", "Déclarez d’abord l’encaissement, ou reprenez moins.";
    CounterpartExceeded, "COUNTERPART_EXCEEDED", State, "more building rights would be honoured than are due", "declare what is due first",
        "il serait honoré plus de droits à construire qu’il n’en est dû", "Déclarez d’abord ce qui est dû.";
    RelogementReversed, "RELOGEMENT_REVERSED", State, "this relogement has been reversed", "record the right relogement first",
        "ce relogement a été extourné", "Enregistrez d’abord le bon relogement.";
    HasFollowUps, "HAS_FOLLOW_UPS", State, "other events of this relogement still rest on it", "reverse them first, the latest first",
        "d’autres événements de ce relogement reposent sur lui", "Extournez-les d’abord, en commençant par le dernier.";
    AlreadyReversed, "ALREADY_REVERSED", State, "this event has already been reversed", "nothing to do: an event is reversed once",
        "cet événement a déjà été extourné", "Rien à faire : un événement s’extourne une seule fois.";
    NotReversible, "NOT_REVERSIBLE", State, "this kind of event is not reversed", "only declarations of bailleurs are; a run is corrected by the next run",
        "ce type d’événement ne s’extourne pas", "Seules les déclarations des bailleurs s’extournent ; un arrêté est corrigé par le suivant.";
    NettingStatus, "NETTING_STATUS", State, "the netting run is not in the state that this step needs", "see its status (GetNetting)",
        "l’arrêté n’est pas dans l’état que cette étape demande", "Consultez son état.";
    NettingUnderWay, "NETTING_UNDER_WAY", State, "the territory already has a run under way", "go on with that run, or cancel it first (CancelNetting)",
        "le territoire a déjà un arrêté en cours", "Poursuivez cet arrêté, ou annulez-le d’abord.";
    NettingGrouped, "NETTING_GROUPED", State, "a regional plan took payments of this run over", "act on the regional plan that it names (GetNetting)",
        "un plan régional a repris des paiements de cet arrêté", "Agissez sur le plan régional indiqué.";
    RegionalNothing, "REGIONAL_NOTHING", State, "no approved run awaits payments that a regional plan could take over, and no regional payment is due", "approve runs first; a run already instructed pays by its own plan",
        "aucun arrêté approuvé n’attend de paiement à reprendre, et aucun paiement régional n’est dû", "Approuvez d’abord des arrêtés ; un arrêté déjà ordonné se paie par son propre plan.";
    OptOutUnknown, "OPT_OUT_UNKNOWN", State, "who stays out has no payment in the runs of this plan", "check the territory and the SIREN, or leave them out of the request",
        "celui qui reste à l’écart n’a aucun paiement dans les arrêtés de ce plan", "Vérifiez le territoire et le SIREN, ou retirez-les de la demande.";
    NettingElsewhere, "NETTING_ELSEWHERE", State, "the run was opened for another territory or another period", "send the territory and the period of the run (GetNetting), or another id",
        "l’arrêté a été ouvert pour un autre territoire ou une autre période", "Indiquez le territoire et la période de l’arrêté, ou un autre identifiant.";
    NettingDisputed, "NETTING_DISPUTED", State, "the proposal shares a relogement or settles a bailleur that is disputed", "propose it again (ProposeNetting): what is disputed is left out",
        "la proposition répartit un relogement contesté, ou règle un bailleur contesté", "Proposez-la de nouveau : ce qui est contesté sera laissé de côté.";
    DisputeWindowOpen, "DISPUTE_WINDOW_OPEN", State, "the published proposal may still be disputed", "approve it after the last day of the window",
        "la proposition publiée peut encore être contestée", "Approuvez-la après le dernier jour du délai.";
    DisputeWindowShort, "DISPUTE_WINDOW_SHORT", State, "the convention gives the bailleurs more days to dispute a published proposal", "publish it without a day, which takes the window of the convention, or until a later day (PublishNetting)",
        "la convention laisse aux bailleurs plus de jours pour contester une proposition publiée", "Publiez-la sans indiquer de jour, le délai de la convention s’applique, ou jusqu’à un jour plus lointain.";
    NettingUnpublished, "NETTING_UNPUBLISHED", State, "the convention wants a proposal published before it is approved", "publish it first (PublishNetting), and approve it after its window",
        "la convention veut qu’une proposition soit publiée avant d’être approuvée", "Publiez-la d’abord, puis approuvez-la après le délai.";
    DisputeWindowClosed, "DISPUTE_WINDOW_CLOSED", State, "a bailleur disputes a published proposal, up to the last day of its window", "ask an officer to hold the relogement, or wait for the next run",
        "un bailleur conteste une proposition publiée, jusqu’au dernier jour du délai", "Demandez à un agent de suspendre le relogement, ou attendez l’arrêté suivant.";
    DisputeNotConcerned, "DISPUTE_NOT_CONCERNED", Forbidden, "a bailleur disputes only relogements where it is origin or host", "name one of its relogements",
        "un bailleur ne conteste que les relogements où il est origine ou accueil", "Indiquez l’un de ses relogements.";
    DisputeExists, "DISPUTE_EXISTS", Exists, "this is already disputed", "settle the first dispute before raising another",
        "ceci est déjà contesté", "Mettez fin à la première contestation avant d’en ouvrir une autre.";
    DisputeUnknown, "DISPUTE_UNKNOWN", Missing, "no dispute was raised under this id", "list them (ListDisputes)",
        "aucune contestation ne porte cet identifiant", "Consultez la liste des contestations.";
    DisputeSettled, "DISPUTE_SETTLED", State, "this dispute is already settled", "nothing to do, or raise another",
        "cette contestation est déjà close", "Rien à faire, ou ouvrez-en une autre.";
    PaymentNotConfirmed, "PAYMENT_NOT_CONFIRMED", State, "only a payment seen at the bank can come back", "confirm it first, or leave it awaited",
        "seul un paiement vu en banque peut être rejeté", "Constatez-le d’abord, ou laissez-le attendu.";
    NettingOutdated, "NETTING_OUTDATED", Outdated, "another run of the territory was approved since this one was proposed", "propose it again",
        "un autre arrêté du territoire a été approuvé depuis cette proposition", "Proposez-le de nouveau.";
    NettingNothing, "NETTING_NOTHING", State, "nothing to share and nothing carried over in this territory at this date", "check the territory and the period",
        "rien à répartir ni à reporter sur ce territoire à cette date", "Vérifiez le territoire et la période.";
    NettingWeights, "NETTING_WEIGHTS", State, "every weight of the key is zero, and the effort is not", "publish a convention with weights",
        "tous les poids de la clé sont nuls alors que l’effort ne l’est pas", "Publiez une convention dont les poids ne sont pas tous nuls.";
    NettingOverflow, "NETTING_OVERFLOW", State, "the amounts of this run are beyond what a cent counter holds", "look for a wrong declaration in the territory",
        "les montants de cet arrêté dépassent la capacité de calcul", "Cherchez une déclaration erronée sur le territoire.";
    DocumentTooLarge, "DOCUMENT_TOO_LARGE", State, "this document is beyond what one answer carries", "ask for the tables (CSV), or for the relevés of the bailleurs one by one",
        "ce document dépasse ce qu’une réponse transporte", "Demandez les tableaux (CSV), ou les relevés des bailleurs un par un.";
    ScenarioDuplicate, "SCENARIO_DUPLICATE", Invalid, "two scenarios of a comparison have the same name", "give each scenario its own name",
        "deux conventions comparées portent le même nom", "Donnez à chacune un nom à elle.";
    PeriodOrder, "PERIOD_ORDER", State, "a period ends after the last approved run of the territory", "send a later end",
        "une période se termine après le dernier arrêté approuvé du territoire", "Indiquez une fin postérieure.";
    SameOfficer, "SAME_OFFICER", Forbidden, "the officer who proposed a run cannot approve it", "ask a second officer",
        "l’agent qui a proposé un arrêté ne peut pas l’approuver", "Demandez à un second agent.";
    PaymentConfirmed, "PAYMENT_CONFIRMED", State, "this payment is already confirmed", "nothing to do",
        "ce paiement est déjà confirmé", "Rien à faire.";
    PaymentLapsed, "PAYMENT_LAPSED", State, "this instruction lapsed: a later run took its amount over", "confirm the payment of the later run",
        "cette instruction est caduque : un arrêté postérieur a repris son montant", "Confirmez le paiement de l’arrêté postérieur.";
    PaymentDiffers, "PAYMENT_DIFFERS", State, "the amount paid is not the amount instructed", "confirm the exact amount; a difference is settled with the payer",
        "le montant payé n’est pas le montant demandé", "Confirmez le montant exact ; un écart se règle avec le payeur.";
    IrlMissing, "IRL_MISSING", State, "the IRL of a second quarter needed to revise the rents is not published", "wait for INSEE's publication, then update the index table",
        "l’IRL d’un deuxième trimestre nécessaire à la révision n’est pas publié", "Attendez la publication de l’INSEE, puis complétez la table.";
    BalanceOverflow, "BALANCE_OVERFLOW", State, "this event would take an account beyond what a cent counter holds", "look for a wrong declaration",
        "cet événement porterait un compte au-delà de la capacité de calcul", "Cherchez une déclaration erronée.";
    AllOrNothing, "ALL_OR_NOTHING", State, "another line of this import was refused, so none was recorded", "correct the refused lines and send the whole file again",
        "une autre ligne de cet import est refusée, donc aucune n’est enregistrée", "Corrigez les lignes refusées et renvoyez tout le fichier.";

    // who asks
    Unauthenticated, "UNAUTHENTICATED", Unauthenticated, "who calls is not established", "present a certificate of the chamber's authority, or a valid token of its issuer",
        "l’identité de l’appelant n’est pas établie", "Présentez un certificat de l’autorité de la chambre, ou un jeton valide de son émetteur.";
    AccessDenied, "ACCESS_DENIED", Forbidden, "this identity may not do this, or not there, or not for these parties", "ask who holds the role, or name what is yours",
        "cette identité n’y est pas autorisée, ou pas à cet endroit, ou pas pour ces bailleurs", "Adressez-vous à qui en a le rôle, ou désignez ce qui vous concerne.";
    OfficerNotCaller, "OFFICER_NOT_CALLER", Forbidden, "the officer named is not the one who calls", "leave the officer out, or name yourself",
        "l’agent indiqué n’est pas celui qui appelle", "Laissez l’agent vide, ou indiquez-vous vous-même.";
    IdentityField, "IDENTITY_FIELD", Invalid, "this field does not go with the role", "leave it out: a SIREN goes with bailleur, territories or the whole region with officer and coordinator",
        "ce champ ne va pas avec ce rôle", "Retirez-le : un SIREN va avec bailleur, des territoires ou toute la région avec officer et coordinator.";
    IdentityUnknown, "IDENTITY_UNKNOWN", Missing, "no identity of this name was registered", "check the name (ListIdentities); to refuse a name whose rights come from its certificate or token alone, set allow_missing",
        "aucune identité de ce nom n’a été inscrite", "Vérifiez le nom (« chambre identity list ») ; pour refuser un nom dont les droits viennent de son seul certificat ou jeton, ajoutez --allow-missing.";
    IdentityInFile, "IDENTITY_IN_FILE", State, "the operator's directory decides over this name", "ask the operator to change the file, or to take the name out of it",
        "l’annuaire de l’exploitant décide de ce nom", "Demandez à l’exploitant de changer ce fichier, ou d’en ôter ce nom.";
    IdentityOwn, "IDENTITY_OWN", Forbidden, "nobody changes their own identity", "ask another administrator, or the operator",
        "personne ne change sa propre identité", "Demandez-le à un autre administrateur, ou à l’exploitant.";
    IdentitiesOff, "IDENTITIES_OFF", State, "this chamber is a trial: nobody proves who they are, so identities would serve nothing", "start it with an authority of certificates or an issuer of tokens",
        "cette chambre est un essai : personne n’y prouve son identité, une inscription n’y servirait à rien", "Démarrez-la avec une autorité de certificats ou un émetteur de jetons.";

    // who goes where
    ValueRange, "VALUE_RANGE", Invalid, "this number is out of its range", "send a number between the facts min and max",
        "ce nombre est hors de ses bornes", "Indiquez un nombre entre les bornes min et max.";
    PairNotEligible, "PAIR_NOT_ELIGIBLE", State, "a rule forbids this dwelling for this household", "see the rules in the facts; correct the need or the offer if one of them is wrong",
        "une règle écarte ce logement pour ce ménage", "Consultez les règles citées ; corrigez le besoin ou l’offre si l’un d’eux est faux.";
    AnruScaleMissing, "ANRU_SCALE_MISSING", State, "the scale of the ANRU indemnity in force on this date is not loaded", "load the scale, or go on without an expected indemnity",
        "le barème de l’indemnité ANRU en vigueur à cette date n’est pas chargé", "Chargez le barème, ou poursuivez sans indemnité attendue.";
    NeedUnknown, "NEED_UNKNOWN", Missing, "this household is not on the list of needs", "declare its need first, or check the pseudonym",
        "ce ménage n’est pas sur la liste des besoins", "Déclarez d’abord son besoin, ou vérifiez le pseudonyme.";
    OfferUnknown, "OFFER_UNKNOWN", Missing, "no offer has this id", "declare the offer first, or list those that are open",
        "aucune offre ne porte cet identifiant", "Déclarez d’abord l’offre, ou consultez la liste des offres.";
    OfferTwice, "OFFER_TWICE", Exists, "this dwelling is already offered, or freed by the transfer of another tenant", "withdraw that offer or that transfer first, or correct the id or the dwelling",
        "ce logement est déjà offert, ou libéré par la mutation d’un autre locataire", "Retirez d’abord cette offre ou cette mutation, ou corrigez l’identifiant ou le logement.";
    HouseholdTwice, "HOUSEHOLD_TWICE", Exists, "this pseudonym is already on the other list: one list for the needs of households to rehouse, one for the transfers of tenants", "withdraw it from the list where it does not belong, or correct the pseudonym",
        "ce pseudonyme est déjà sur l’autre liste : l’une pour les besoins des ménages à reloger, l’autre pour les mutations de locataires", "Retirez-le de la liste où il n’a pas sa place, ou corrigez le pseudonyme.";
    ContingentElsewhere, "CONTINGENT_ELSEWHERE", Exists, "another territory pools a contingent under this id", "choose another id; the territory is in the facts",
        "un autre territoire met en commun un contingent de cet identifiant", "Choisissez un autre identifiant.";
    ProposalUnknown, "PROPOSAL_UNKNOWN", Missing, "no proposal has this id", "list the proposals of the household or of the dwelling",
        "aucune proposition ne porte cet identifiant", "Consultez les propositions du ménage ou du logement.";
    ProposalExists, "PROPOSAL_EXISTS", Exists, "a proposal already has this id", "choose another id for another proposal",
        "une proposition porte déjà cet identifiant", "Prenez un autre identifiant pour une autre proposition.";
    ProposalStep, "PROPOSAL_STEP", State, "the proposal is not in the state that this step needs", "see its state and the steps it allows in docs/appariement.md",
        "la proposition n’est pas dans l’état que cette étape demande", "Consultez son état et les étapes permises dans docs/appariement.md.";
    ProposalClock, "PROPOSAL_CLOCK", State, "this step does not fit the clock of the proposal", "see the day in the facts; after a deadline, propose again",
        "cette étape ne respecte pas le calendrier de la proposition", "Consultez la date citée ; passé le délai, proposez de nouveau.";
    ProposalLease, "PROPOSAL_LEASE", State, "this lease differs from what was proposed", "correct the lease, or propose again with the right figures",
        "ce bail diffère de ce qui a été proposé", "Corrigez le bail, ou proposez de nouveau avec les bons chiffres.";
    DwellingEngaged, "DWELLING_ENGAGED", State, "this dwelling is already in a live proposal", "wait for its end, or withdraw it",
        "ce logement est déjà dans une proposition en cours", "Attendez-en la fin, ou retirez-la.";
    HouseholdEngaged, "HOUSEHOLD_ENGAGED", State, "this household already has a live proposal", "wait for its end, withdraw it, or make a double proposition",
        "ce ménage a déjà une proposition en cours", "Attendez-en la fin, retirez-la, ou faites une double proposition.";
    FormalOffersSpent, "FORMAL_OFFERS_SPENT", State, "this household has had all its formal offers", "see the dates in its file; an offer beyond them is not a formal one",
        "ce ménage a reçu toutes ses propositions formelles", "Consultez les dates de son dossier ; au-delà, une offre n’est plus formelle.";
    QuotaSpent, "QUOTA_SPENT", State, "nothing is left in this contingent", "take a dwelling of another contingent, or ask the reserver for more",
        "il ne reste rien dans ce contingent", "Prenez un logement d’un autre contingent, ou demandez davantage au réservataire.";
    PosterNotAllowed, "POSTER_NOT_ALLOWED", Forbidden, "the rule of the exchange does not let this bailleur post this dwelling", "see the poster rule of the territory",
        "la règle de la bourse ne permet pas à ce bailleur de déposer ce logement", "Consultez la règle de dépôt du territoire.";
    OutOfTurn, "OUT_OF_TURN", State, "this dwelling goes along the order of the teams, and it is not the turn of this one", "wait for the turn, or let an officer direct the dwelling with a reason; the facts tell whose turn it is",
        "ce logement suit l’ordre des MOUS, et ce n’est pas le tour de celle-ci", "Attendez son tour, ou faites flécher le logement par un agent, avec un motif ; « chambre match rotation » dit à qui est le tour.";
    TeamTwice, "TEAM_TWICE", Invalid, "a team comes twice in the order", "list each team once",
        "une MOUS vient deux fois dans l’ordre", "Citez chaque MOUS une seule fois.";
    ChainUnsigned, "CHAIN_UNSIGNED", State, "a transfer of the chain has no dated lease yet", "record the leases of the chain from the vacant dwelling on",
        "une mutation de la chaîne n’a pas encore de bail daté", "Enregistrez les baux de la chaîne à partir du logement vacant.";

    // limits of the service
    RateLimit, "RATE_LIMIT", Exhausted, "this caller calls too often", "try again after the delay; send events in batches",
        "cet appelant appelle trop souvent", "Réessayez après le délai ; envoyez les événements par lots.";
    QueueFull, "QUEUE_FULL", Exhausted, "the write queue is full", "try again after the delay, with the same event id",
        "la file d’écriture est pleine", "Réessayez après le délai, avec le même identifiant.";
    DiskFull, "DISK_FULL", Exhausted, "the disk of the chamber is nearly full: writing is suspended, reading goes on", "tell the operator; try again with the same event id",
        "le disque de la chambre est presque plein : l’écriture est suspendue", "Prévenez l’exploitant ; réessayez avec le même identifiant.";
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_its_own_code_and_both_languages() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert!(
                reason.code().len() <= 63
                    && reason.code().bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            );
            assert!(!reason.english().is_empty() && !reason.french().is_empty());
        }
    }

    #[test]
    fn a_refusal_names_field_value_and_fix() {
        let refusal = Refusal::new(Reason::SirenFormat, "host_siren", "12").within("relogement");
        assert_eq!(
            refusal.to_string(),
            "relogement.host_siren: a SIREN has exactly nine digits (got \"12\"); send the nine digits, without spaces"
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(Refusal::new(Reason::TextTooLong, "name", "é".repeat(500)).value.chars().count(), 81);
    }
}
