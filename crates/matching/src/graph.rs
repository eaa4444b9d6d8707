//! A prepared graph as a file tells it: nodes with free attributes, pairs, and the rules put on them.
//!
//! The format of `chambre match --graph`; `docs/match-format.md` describes it.

use crate::instance::{Dwelling, Household, Instance, Pair};
use crate::quota::Rule;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is to be solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Each household one dwelling at most, and conversely.
    #[default]
    Bipartite,
    /// Some households are offered two dwellings or none.
    Double,
    /// Through the dwellings that internal transfers free.
    Chain,
}

/// A graph to solve.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Graph {
    /// What is to be solved.
    pub kind: Kind,
    /// Levels of the objective; empty stands for those of the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objective: Vec<String>,
    /// Households to place.
    pub households: Vec<Node>,
    /// Vacant dwellings.
    pub dwellings: Vec<Node>,
    /// Possible pairs `(household, dwelling, score)`.
    pub edges: Vec<Pair>,
    /// Rules on the placements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Rule>,
    /// How many transfers may follow one another at most, of a graph of kind `chain`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_transfers: u32,
    /// Tenants who ask for a transfer, each freeing the dwelling it lives in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutations: Vec<Node>,
    /// `(transfer, vacant dwelling, score)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutation_to_dwelling: Vec<Pair>,
    /// `(transfer, transfer whose dwelling it takes, score)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutation_to_mutation: Vec<Pair>,
    /// `(household, transfer whose dwelling it takes, score)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub household_to_mutation: Vec<Pair>,
}

/// A household, a dwelling or a transfer, with what rules may filter on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// Its place in the list.
    pub id: u32,
    /// 1 when its rehousing is urgent, else 0.
    pub urgent: u8,
    /// 1 when it must be offered two dwellings.
    pub double: u8,
    /// Everything else said of it.
    pub attributes: Vec<(String, Value)>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde calls
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// True or false.
    Truth(bool),
    /// `null`.
    Nothing(()),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        for (name, value) in [("urgent", self.urgent), ("double", self.double)] {
            if value > 0 {
                map.serialize_entry(name, &value)?;
            }
        }
        for (name, value) in &self.attributes {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("an object with an id")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        let mut numbered = false;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "id" => {
                    node.id = map.next_value()?;
                    numbered = true;
                }
                "urgent" => node.urgent = map.next_value()?,
                "double" => node.double = map.next_value()?,
                _ => node.attributes.push((name, map.next_value()?)),
            }
        }
        if numbered { Ok(node) } else { Err(serde::de::Error::missing_field("id")) }
    }
}

impl Node {
    /// The value of an attribute, `urgent`, `double` and `id` among them.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        match name {
            "id" => Some(Value::Number(i64::from(self.id))),
            "urgent" => Some(Value::Number(i64::from(self.urgent))),
            "double" => Some(Value::Number(i64::from(self.double))),
            _ => self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()),
        }
    }

    /// A node without attribute.
    #[must_use]
    pub fn numbered(id: u32) -> Self {
        Self { id, ..Self::default() }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.attributes.push((name.to_owned(), value));
        self
    }
}

impl Graph {
    /// The households, the dwellings and their pairs, without rules, transfers nor attributes.
    #[must_use]
    pub fn instance(&self) -> Instance {
        Graph {
            households: self.households.clone(),
            dwellings: self.dwellings.clone(),
            edges: self.edges.clone(),
            ..Self::default()
        }
        .into_instance()
    }

    /// The same, without a copy. Takes the pairs:
    /// they are most of the memory.
    #[must_use]
    pub fn into_instance(self) -> Instance {
        Instance {
            households: self
                .households
                .iter()
                .map(|node| Household { id: node.id, urgent: node.urgent })
                .collect(),
            dwellings: self.dwellings.iter().map(|node| Dwelling { id: node.id }).collect(),
            edges: self.edges,
        }
    }
}
