//! The tables as Dataverse shows them: entity sets and their columns.

use super::super::{
    settings::Form,
    store::{Kind, Row, Store, Table},
};
use std::borrow::Cow;

/// An entity set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Profiles,
    Memberships,
}

/// Where a column's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    Key,
    Customer,
    /// A person's cell.
    Cell(usize),
    Segments(Form),
    Provider,
    Type,
    Identifier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub from: From,
    pub kind: Kind,
}

const PROVIDER: &str = "CustomerInsights";
const TYPE: &str = "Customer";

impl Set {
    pub(super) const ALL: [Self; 2] = [Self::Profiles, Self::Memberships];

    pub(super) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.path() == path)
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Profiles => "/api/data/v9.2/msdynci_customerprofiles",
            Self::Memberships => "/api/data/v9.2/msdynci_segmentmemberships",
        }
    }

    /// Its name in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Profiles => "msdynci_customerprofiles",
            Self::Memberships => "msdynci_segmentmemberships",
        }
    }

    /// One row's type.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Profiles => "msdynci_customerprofile",
            Self::Memberships => "msdynci_segmentmembership",
        }
    }

    /// The type's name as its maker wrote it.
    pub(super) fn schema(self) -> &'static str {
        match self {
            Self::Profiles => "msdynci_CustomerProfile",
            Self::Memberships => "msdynci_SegmentMembership",
        }
    }

    pub(super) fn table(self) -> Table {
        match self {
            Self::Profiles => Table::People,
            Self::Memberships => Table::Memberships,
        }
    }

    /// Every column, the key first.
    pub(super) fn columns(self, store: &Store, form: Form) -> Vec<Column> {
        let text = |name: &str, from| Column { name: name.to_owned(), from, kind: Kind::Text };
        let key = text(&format!("{}id", self.kind()), From::Key);
        match self {
            Self::Profiles => {
                let cells = store.columns().iter().enumerate();
                let cell = |(place, column): (usize, &super::super::store::Column)| {
                    let name = format!("msdynci_{}", column.name.to_lowercase());
                    Column { name, from: From::Cell(place), kind: column.kind }
                };
                std::iter::once(key).chain(cells.map(cell)).collect()
            }
            Self::Memberships => vec![
                key,
                text("msdynci_customerid", From::Customer),
                text("msdynci_identifier", From::Identifier),
                text("msdynci_segmentmembershiptype", From::Type),
                text("msdynci_segmentprovider", From::Provider),
                text("msdynci_segments", From::Segments(form)),
            ],
        }
    }

    /// A row's key: always the same for the same customer.
    pub(super) fn key(self, customer: &str) -> String {
        uuid::Uuid::from_u128(xxhash_rust::xxh3::xxh3_128_with_seed(customer.as_bytes(), self as u64)).to_string()
    }
}

impl Column {
    pub(super) fn value<'a>(&self, set: Set, row: &Row<'a>) -> Cow<'a, str> {
        match self.from {
            From::Key => set.key(row.customer).into(),
            From::Customer => row.customer.into(),
            From::Cell(place) => row.cell(place).into(),
            From::Segments(form) => form.write(row.text).into(),
            From::Provider => PROVIDER.into(),
            From::Type => TYPE.into(),
            From::Identifier => format!("{}|{PROVIDER}|{TYPE}|Segments", row.customer).into(),
        }
    }
}
