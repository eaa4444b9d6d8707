//! Who may call what: one line for each RPC. What is not in the table is refused to everybody.
//!
//! To add an RPC, add its line: the cell of each role, and what the service compares. The service then calls the
//! method of `Caller` (check.rs) that the last column names; an answer that left without the
//! comparison is replaced by a refusal, and the test of the matrix fails.

use super::identity::Role;

/// How far a role reaches with an RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    No,
    /// Everything.
    All,
    /// What lies in its territories.
    There,
    /// What is its own: it is the landlord, or one of the parties.
    Own,
}

/// What a service compares with the caller's reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Nothing: the cell alone decides.
    Nothing,
    /// The territory named by the request (`Caller::territory`), or of the run it names (`Caller::run`).
    Territory,
    /// The filter of the request, narrowed to what the caller may see (`Caller::narrow`).
    Filter,
    /// The parties and the territory of the relogement it names (`Caller::relogement`).
    Relogement,
    /// The territory and the parties of the need, the offer or the proposal it names (`Caller::check`).
    Parties,
    /// The landlord it names (`Caller::bailleur`).
    Bailleur,
    /// Each event, by the writer (`Caller::guard`; the rule of each kind is in `access/declare.rs`).
    Events,
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Full name: `chambre.v1.LedgerService/RecordWorks`.
    pub rpc: &'static str,
    /// The cells, in the order of [`Role::ALL`].
    pub cells: [Reach; 6],
    /// What the service compares.
    pub compared: Compared,
}

impl Rule {
    /// How far a role reaches.
    #[must_use]
    pub const fn reach(&self, role: Role) -> Reach {
        self.cells[role as usize]
    }

    /// The line of a path such as `/chambre.v1.LedgerService/RecordWorks`.
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let rpc = path.strip_prefix('/')?;
        RULES.iter().find(|rule| rule.rpc == rpc)
    }
}

/// Services that answer whoever asks, without saying anything of the books: the probes of an orchestrator.
pub const OPEN_SERVICES: [&str; 1] = ["grpc.health.v1.Health"];

use Compared::{Events, Filter, Nothing, Parties, Relogement, Territory};
use Reach::{All, No, Own, There};

macro_rules! rules {
    ($($service:literal { $($rpc:literal: $bailleur:ident $officer:ident $coordinator:ident $auditor:ident $administrator:ident $matching:ident, $compared:ident;)* })*) => {
        /// The table.
        pub const RULES: &[Rule] = &[$($(Rule {
            rpc: concat!($service, "/", $rpc),
            cells: [$bailleur, $officer, $coordinator, $auditor, $administrator, $matching],
            compared: $compared,
        },)*)*];
    };
}

rules! {
    // rpc                       bailleur officer coord. auditor admin. match. compared
    "chambre.v1.RegistryService" {
        "RegisterBailleur":      No       No      No     No      All    No,   Nothing;
        "RecordSuccession":      No       No      No     No      All    No,   Nothing;
        "RegisterOperation":     No       No      No     No      All    No,   Nothing;
        // Who says where money goes is not who signs that it goes: an administrator, never an officer.
        "RegisterBankAccount":   No       No      No     No      All    No,   Nothing;
        "ListBankAccounts":      Own      All     No     All     All    No,   Filter;
        // The rules of a territory decide who pays: its officers publish them, not who registers parties.
        "PublishConvention":     No       There   No     No      No     No,   Territory;
        // Reference data of the scheme: no person, no amount.
        "GetBailleur":           All      All     All    All     All    No,   Nothing;
        "ListBailleurs":         All      All     All    All     All    No,   Nothing;
        "GetOperation":          All      All     All    All     All    All,  Nothing;
        "ListOperations":        All      All     All    All     All    No,   Nothing;
        "GetConvention":         All      All     All    All     All    No,   Nothing;
        "ListConventions":       All      All     All    All     All    No,   Nothing;
        "ReportCommitments":     No       There   There  All     No     No,   Territory;
        "ListTerritories":       All      All     All    All     All    No,   Nothing;
        "ResolveCommune":        All      All     All    All     All    No,   Nothing;
    }
    "chambre.v1.LedgerService" {
        "RecordRelogement":      Own      No      No     No      No     No,   Events;
        "RecordWorks":           Own      No      No     No      No     No,   Events;
        "RecordVacancy":         Own      No      No     No      No     No,   Events;
        "RecordIndemnity":       Own      No      No     No      No     No,   Events;
        "RecordRentRevision":    Own      No      No     No      No     No,   Events;
        "EndLease":              Own      No      No     No      No     No,   Events;
        // An act of the territory, recorded by an officer who signs it.
        "RecordLandCounterpart": No       There   No     No      No     No,   Events;
        "ReverseEvent":          Own      There   No     No      No     No,   Events;
        "RecordEvents":          Own      There   No     No      No     All,  Events;
        "StreamEvents":          Own      There   No     No      No     No,   Events;
        "ImportEvents":          Own      There   No     No      No     No,   Events;
        "GetRelogement":         Own      There   No     All     No     No,   Relogement;
        "ListEntries":           Own      There   No     All     No     No,   Filter;
        "GetPositions":          Own      There   There  All     No     No,   Filter;
        "WatchEntries":          Own      There   No     All     No     No,   Filter;
    }
    "chambre.v1.NettingService" {
        "OpenNetting":           No       There   No     No      No     No,   Territory;
        "ReviewNetting":         No       There   No     All     No     No,   Territory;
        "CutOffNetting":         No       There   No     No      No     No,   Territory;
        "ProposeNetting":        No       There   No     No      No     No,   Territory;
        "ProposeRegionalNetting": No      There   No     No      No     No,   Territory;
        "PublishNetting":        No       There   No     No      No     No,   Territory;
        "GetNetting":            Own      There   There  All     No     No,   Territory;
        "ListNettings":          Own      There   There  All     No     No,   Filter;
        "ApproveNetting":        No       There   No     No      No     No,   Territory;
        "RejectNetting":         No       There   No     No      No     No,   Territory;
        "InstructNetting":       No       There   No     No      No     No,   Territory;
        "CancelNetting":         No       There   No     No      No     No,   Territory;
        "ConfirmPayment":        No       There   No     No      No     No,   Territory;
        "ReturnPayment":         No       There   No     No      No     No,   Territory;
        "CloseNetting":          No       There   No     No      No     No,   Territory;
        // An origin contests what a host charges it; it never cancels it.
        "RaiseDispute":          Own      There   No     No      No     No,   Events;
        "SettleDispute":         No       There   No     No      No     No,   Territory;
        "ListDisputes":          Own      There   No     All     No     No,   Filter;
        // Its own position and nobody else's (`Caller::position`).
        "ExplainPosition":       Own      There   No     All     No     No,   Territory;
        "SimulateNetting":       No       There   No     All     No     No,   Territory;
        // Its own relevé; the arrêté tells where everybody stands.
        "GetStatement":          Own      There   No     All     No     No,   Territory;
        "GetRunDocument":        No       There   No     All     No     No,   Territory;
        "GetComparison":         No       There   No     All     No     No,   Territory;
    }
    "chambre.v1.MatchingService" {
        "PublishPolicy":         No       There   No     No      No     No,   Territory;
        "GetPolicy":             All      All     All    All     All    No,   Nothing;
        "DeclareContingents":    No       There   No     No      No     No,   Territory;
        // A need is its origin's, an offer its landlord's; a step is taken by the party that it commits.
        "DeclareNeeds":          Own      There   No     No      No     No,   Parties;
        "WithdrawNeed":          Own      There   No     No      No     No,   Parties;
        "ListNeeds":             Own      There   No     All     No     No,   Filter;
        "DeclareOffers":         Own      There   No     No      No     No,   Parties;
        "WithdrawOffer":         Own      There   No     No      No     No,   Parties;
        // The exchange is visible to all landlords, those that demolish included (study).
        "ListOffers":            All      All     All    All     No     No,   Nothing;
        "ExplainPair":           Own      There   No     All     No     No,   Parties;
        "RunMatching":           No       There   No     All     No     No,   Territory;
        "ReportMatching":        No       There   There  All     No     No,   Territory;
        "Propose":               Own      There   No     No      No     No,   Parties;
        "StepProposal":          Own      There   No     No      No     No,   Parties;
        "DeclareTransfers":      Own      There   No     No      No     No,   Parties;
        "ListTransfers":         Own      There   No     All     No     No,   Filter;
        // A chain goes through several households: an officer answers for the whole.
        "ProposeChain":          No       There   No     No      No     No,   Territory;
        // Teams and dwellings, no household: whose turn it is must be known to all.
        "GetRotation":           All      All     All    All     No     No,   Nothing;
        "DeclineTurn":           Own      There   No     No      No     No,   Parties;
        "GetProposal":           Own      There   No     All     No     No,   Parties;
        "ListProposals":         Own      There   No     All     No     No,   Filter;
        "ListOutbox":            No       There   No     All     No     No,   Filter;
    }
    "chambre.v1.AuditService" {
        // A number and a seal, meant to be kept by whoever wants to check the journal later.
        "GetJournalHead":        All      All     All    All     All    No,   Nothing;
        "GetCheckpoint":        All      All     All    All     All    No,   Nothing;
        "GetInclusionProof":    All      All     All    All     All    No,   Nothing;
        "GetConsistencyProof":  All      All     All    All     All    No,   Nothing;
        "ExportJournal":         Own      There   No     All     No     No,   Filter;
    }
    "chambre.v1.AccessService" {
        // Never one's own (access/names.rs).
        "RegisterIdentity":      No       No      No     No      All    No,   Nothing;
        "RevokeIdentity":        No       No      No     No      All    No,   Nothing;
        "ListIdentities":        No       No      No     All     All    No,   Nothing;
    }
    // The contract itself, for those who are somebody.
    "grpc.reflection.v1.ServerReflection" {
        "ServerReflectionInfo":  All      All     All    All     All    No,   Nothing;
    }
    "grpc.reflection.v1alpha.ServerReflection" {
        "ServerReflectionInfo":  All      All     All    All     All    No,   Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rpc_has_two_lines_and_no_line_grants_a_role_what_it_is_not_for() {
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.rpc).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
        for rule in RULES {
            let name = rule.rpc.rsplit('/').next().unwrap_or_default();
            let reads = [
                "Get",
                "List",
                "Watch",
                "Export",
                "Resolve",
                "ServerReflection",
                "Review",
                "Explain",
                "Simulate",
                "Report",
                // It computes, and writes nothing.
                "RunMatching",
            ]
            .iter()
            .any(|verb| name.starts_with(verb));
            assert!(reads || rule.reach(Role::Auditor) == No, "{}: an auditor writes nothing", rule.rpc);
            assert!(reads || rule.reach(Role::Coordinator) == No, "{}: a coordinator reads", rule.rpc);
            let told = ["chambre.v1.LedgerService/RecordEvents", "chambre.v1.RegistryService/GetOperation"];
            assert_eq!(rule.reach(Role::Matching) != No, told.contains(&rule.rpc), "{}", rule.rpc);
            let registers = rule.rpc.contains("RegistryService/") || rule.rpc.contains("AccessService/");
            assert!(reads || registers || rule.reach(Role::Administrator) == No, "{}", rule.rpc);
            let limited = rule.cells.iter().any(|cell| matches!(cell, There | Own));
            assert_eq!(limited, rule.compared != Nothing, "{}: a limit is compared", rule.rpc);
        }
    }

    #[test]
    fn a_path_finds_its_line_and_nothing_else_does() {
        assert_eq!(Rule::of_path("/chambre.v1.LedgerService/RecordWorks").map(|r| r.compared), Some(Events));
        for path in ["", "/", "chambre.v1.LedgerService/RecordWorks", "/chambre.v1.LedgerService/recordworks"]
        {
            assert_eq!(Rule::of_path(path), None, "{path}");
        }
    }
}
