//! Constant Contact, V3: the account is the place, one list holds all segments of an export.
//!
//! Everything goes by *activities*: accepted at once, done later, in any order, and told by counts alone. So people join by
//! an import and leave by their contact ids, an activity ends before another depends on it, and where the counts disagree
//! with what was sent, the contacts are read back.
//!
//! Three rules hold everywhere here (G2): no call carries a permission, or a status; nothing that subscribes someone by their own
//! act (the sign-up form, resubscribing) is called; no contact is deleted. May know: the vendor's API, `http`. May not know:
//! plans, the state.

mod account;
mod activities;
mod api;
pub(super) mod capabilities;
mod columns;
mod contacts;
mod errors;
mod fields;
mod import;
mod job;
mod lists;
mod multipart;
mod poll;
mod read_back;
mod removal;
mod standard;
mod wire;

use super::{
    Account, Batch, BatchRow, Capabilities, ContactPage, ContactRecord, ContainerId, Destination, Error, FieldFit, Jobs, Observed,
    Operation, PageRequest, PlaceId, Polled, RemoteField, RemotePlace, ResourceChange, ResourceDone, RowSize, Sought, Submitted,
    WantedField,
};
use crate::{
    definition::{AttributeSpec, Connection, Verify},
    http::Hub,
    member::Email,
    oauth::SignIns,
    plan::words::counted,
};
use api::Api;
use async_trait::async_trait;
use columns::Columns;
use poll::Patience;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::OnceCell;

/// One account, seen from one export.
#[derive(Debug)]
struct ConstantContact {
    api: Api,
    columns: Columns,
    /// Where counts disagree with what was sent (`verify: never` leaves it).
    reads_back: bool,
    patience: Patience,
    account: OnceCell<Account>,
    /// Nothing that was begun before this run is unfinished any more.
    quiet: OnceCell<()>,
}

pub(super) fn open(
    connection: &Connection,
    attributes: &BTreeMap<String, AttributeSpec>,
    verify: Option<Verify>,
    hub: &Hub,
    sign_ins: &SignIns,
) -> Result<Arc<dyn Destination>, Error> {
    let columns = Columns::of(attributes.keys().map(String::as_str))?;
    let (patience, quiet, reads_back) = (Patience::default(), OnceCell::new(), verify != Some(Verify::Never));
    Ok(Arc::new(ConstantContact {
        api: Api::open(connection, hub, sign_ins)?,
        columns,
        reads_back,
        patience,
        quiet,
        account: OnceCell::new(),
    }))
}

impl ConstantContact {
    /// Asked for once: every call counts for the day.
    async fn account(&self) -> Result<&Account, Error> {
        self.account.get_or_try_init(|| account::verify(&self.api)).await
    }
}

#[async_trait]
impl Destination for ConstantContact {
    fn capabilities(&self) -> &'static Capabilities {
        &capabilities::DOCUMENTED
    }

    async fn verify(&self) -> Result<Account, Error> {
        Ok(self.account().await?.clone())
    }

    async fn observe(&self, _sought: &Sought<'_>) -> Result<Observed, Error> {
        let fields = fields::all(&self.api, self.columns.any_custom);
        let (account, fields, containers) = futures::try_join!(self.account(), fields, lists::all(&self.api))?;
        let place = RemotePlace { id: PlaceId(account.id.clone()), name: account.name.clone(), contacts: None, made: None };
        Ok(Observed { place: Some(place), same_name: Vec::new(), fields, containers })
    }

    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
        fields::fit(wanted, remote)
    }

    async fn change(&self, _place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        match change {
            ResourceChange::CreateField { tag, field_type } => fields::create(&self.api, tag, *field_type).await.map(ResourceDone::Field),
            ResourceChange::CreateContainer { name } => lists::create(&self.api, name).await.map(ResourceDone::Container),
            ResourceChange::RenameContainer { id, to, .. } => lists::rename(&self.api, id, to).await.map(ResourceDone::Container),
            ResourceChange::DeleteContainer { id } => lists::delete(&self.api, id).await.map(|()| ResourceDone::Deleted),
            ResourceChange::CreatePlace { .. } | ResourceChange::CreateView { .. } => {
                Err(Error::stall("at Constant Contact the account is there, and a list is seen by itself; this is a bug in Listkeeper"))
            }
        }
    }

    async fn contacts(&self, _place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_account(&self.api, page).await
    }

    fn clock(&self) -> Option<std::time::SystemTime> {
        self.api.clock()
    }

    async fn find(&self, _place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        contacts::find(&self.api, email).await
    }

    async fn container_members(&self, _place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_list(&self.api, container, page).await
    }

    fn row_bytes(&self, operation: Operation, row: &BatchRow) -> usize {
        if operation.removes() { 0 } else { self.columns.size(row).long }
    }

    fn row_size(&self, operation: Operation, row: &BatchRow) -> RowSize {
        if operation.removes() { RowSize::default() } else { self.columns.size(row) }
    }

    fn is_doubtful(&self, row: &BatchRow) -> bool {
        self.columns.is_abroad(row)
    }

    fn attributes_note(&self, doubtful: u64) -> Option<String> {
        let rows = counted(doubtful, "member to send has one", "members to send have one");
        self.columns.any_phone().then(|| {
            format!(
                "a phone is mapped: imports at Constant Contact do not take international phone numbers, and {rows}. It is not documented \
                 whether such a contact is imported without the number or not at all; who is not imported is listed as rejected"
            )
        })
    }

    async fn submit(&self, _place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        let Batch { operation, container: Some(list), rows } = batch else {
            return Err(Error::stall("a batch names no list; this is a bug in Listkeeper"));
        };
        if rows.is_empty() {
            return Ok(Submitted::Done(Vec::new()));
        }
        self.quiet.get_or_try_init(|| activities::quiet(&self.api)).await?;
        match operation {
            Operation::Join => import::submit(&self.api, list, &self.columns, rows).await,
            Operation::Leave => removal::submit(&self.api, list, rows).await,
            _ => Err(Error::stall(format!("Constant Contact has no {operation:?}; this is a bug in Listkeeper"))),
        }
    }

    async fn poll(&self, _place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        poll::poll(&self.api, self.reads_back, self.columns.any_phone(), &self.patience, jobs).await
    }
}

#[cfg(test)]
mod tests;
