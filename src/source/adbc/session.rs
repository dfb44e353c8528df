//! A connection that reads, and its statements.

use super::engine::{Engine, Reads, Shows, with_defaults};
use adbc_core::{
    Connection, Database, Driver, Optionable, Statement,
    error::{Error, Status},
    options::{OptionConnection, OptionDatabase, OptionStatement},
};
use adbc_driver_manager::{ManagedConnection, ManagedDriver, ManagedStatement};
use std::collections::BTreeMap;

/// What options of a connection begin with; the others are the database's.
const OF_CONNECTION: &str = "adbc.connection.";

pub struct Session {
    connection: ManagedConnection,
    engine: Engine,
}

impl Session {
    /// Connects, and sees to it that nothing can be written where the engine can see to that.
    pub fn open(driver: &mut ManagedDriver, name: &str, options: BTreeMap<String, String>) -> Result<Self, Error> {
        let of_connection = |(name, _): &(String, String)| name.starts_with(OF_CONNECTION);
        let options = with_defaults(name, options);
        let engine = Engine::of(name).opened(&options);
        let (of_connection, mut of_database): (Vec<_>, Vec<_>) = options.into_iter().partition(of_connection);
        // DuckDB takes no folder for its temporary files after this one.
        of_database.sort_by_key(|(name, _)| name == "enable_external_access");
        let database = of_database.into_iter().map(|(name, value)| (OptionDatabase::from(name.as_str()), value.into()));
        let database = driver.new_database_with_opts(database)?;
        let options = of_connection.into_iter().map(|(name, value)| (OptionConnection::from(name.as_str()), value.into()));
        let connection = database.new_connection_with_opts(options)?;
        let mut session = Self { connection, engine };
        session.read_only()?;
        Ok(session)
    }

    fn read_only(&mut self) -> Result<(), Error> {
        if_known(self.connection.set_option(OptionConnection::ReadOnly, "true".into()))?;
        match self.engine.reads {
            Reads::InTransaction(sql) => {
                self.begin()?;
                self.tell(sql)
            }
            Reads::AfterStatements(all) => {
                all.iter().try_for_each(|sql| self.tell(sql))?;
                self.begin()
            }
            Reads::AsAsked => self.begin(),
        }
    }

    /// What is read from now on is of one transaction, where its readings are of one moment.
    fn begin(&mut self) -> Result<(), Error> {
        if self.engine.shows != Shows::Transaction {
            return Ok(());
        }
        self.connection.set_option(OptionConnection::AutoCommit, "false".into())
    }

    pub fn shows(&self) -> Shows {
        self.engine.shows
    }

    fn tell(&mut self, sql: &str) -> Result<(), Error> {
        let mut statement = self.connection.new_statement()?;
        statement.set_sql_query(sql)?;
        statement.execute_update().map(drop)
    }

    pub fn statement(&mut self, sql: &str) -> Result<ManagedStatement, Error> {
        let mut statement = self.connection.new_statement()?;
        if let Some((name, bytes)) = self.engine.batch {
            if_known(statement.set_option(OptionStatement::from(name), bytes.into()))?;
        }
        statement.set_sql_query(sql)?;
        Ok(statement)
    }

    /// A reading is over. An engine that is gone cannot answer any more, however well its stream seemed to end.
    pub fn alive(&mut self) -> Result<(), Error> {
        if matches!(self.engine.reads, Reads::InTransaction(_)) { self.tell("SELECT 1") } else { Ok(()) }
    }

    /// All readings are over: ends their transaction.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.engine.shows == Shows::Transaction { self.connection.commit() } else { Ok(()) }
    }
}

/// An option that the driver does not know is no error; one that it refuses is.
fn if_known(set: Result<(), Error>) -> Result<(), Error> {
    set.or_else(|error| {
        let message = error.message.to_lowercase();
        let unknown = message.contains("option") && ["unknown", "unrecognized", "not supported"].iter().any(|word| message.contains(word));
        if error.status == Status::NotImplemented || unknown { Ok(()) } else { Err(error) }
    })
}
