//! Where the customers are kept, and what a person would write for it.

use crate::{Place, people::People};
use adbc_core::{Connection, Database, Driver, Statement, options::AdbcVersion, options::OptionDatabase};
use adbc_driver_manager::ManagedDriver;
use listkeeper_sandbox::Sandbox;
use object_store::{ObjectStoreExt, aws::AmazonS3Builder, path::Path as Key};
use std::{env, fs, path::Path};

const QUERY: &str = "query: SELECT * FROM customers WHERE LifetimeValue > 500";
const SEGMENT: &str = "table: HighSpenders";

pub async fn all(people: &People, sandbox: &Sandbox) -> Vec<Place> {
    let mut places = files();
    places.extend(insights(sandbox));
    match env::var("LISTKEEPER_ENGINES") {
        Ok(folder) => {
            let rows = people.rows;
            places.extend(tokio::task::spawn_blocking(move || engines(Path::new(&folder), rows)).await.unwrap());
        }
        Err(_) => eprintln!("SKIPPED: no engines; tests/engines/run starts them"),
    }
    match env::var("OBJECT_STORAGE_S3") {
        Ok(endpoint) => places.push(bucket(people, &endpoint).await),
        Err(_) => eprintln!("SKIPPED: no bucket; tests/object_storage/run starts a server for one"),
    }
    places
}

fn files() -> Vec<Place> {
    let table = |name, path: &str| Place { name, source: format!("type: files\ntables: {{customers: ../{path}}}\n"), select: QUERY };
    vec![table("csv", "customers.csv"), table("parquet", "customers.parquet")]
}

/// The exported folder by segment and by SQL, and the two services.
fn insights(sandbox: &Sandbox) -> Vec<Place> {
    let folder = "type: customer-insights\nfrom: folder\npath: ../exported\n";
    let by_sql = "query: SELECT * FROM Customer WHERE LifetimeValue > 500";
    let url = |name: &str| sandbox.endpoint(name).unwrap();
    let app = format!("tenantId: {}, clientId: {}, clientSecret: {{file: key}}", Sandbox::TENANT, Sandbox::CLIENT_ID);
    let entra = url("entra");
    let dataverse =
        format!("type: customer-insights\nfrom: dataverse\nurl: {}\ncredentials: {{{app}, authority: {entra}}}\n", url("dataverse"));
    let api = format!(
        "type: customer-insights\nfrom: api\nurl: {}\ninstanceId: {}\ncredentials: {{{app}, authority: {entra}, subscriptionKey: {{file: key}}}}\n",
        url("customer-insights"),
        Sandbox::INSTANCE
    );
    vec![
        Place { name: "folder", source: folder.into(), select: SEGMENT },
        Place { name: "folder-by-sql", source: folder.into(), select: by_sql },
        Place { name: "dataverse", source: dataverse, select: SEGMENT },
        Place { name: "api", source: api, select: SEGMENT },
    ]
}

/// The same customers, made by each engine's own SQL.
fn engines(folder: &Path, rows: u64) -> Vec<Place> {
    let columns = |n: &str, text: &str| {
        format!(
            "lpad(cast({n} AS {text}), 32, '0') AS CustomerId, concat('user', {n}, '@example.com') AS EMail, \
             concat('First', {n} % 1000) AS FirstName, cast({n} * 37 % 100000 AS decimal(12, 2)) / 100 AS LifetimeValue"
        )
    };
    let make = [
        ("postgresql", format!("CREATE TABLE customers AS SELECT {} FROM generate_series(0, {}) AS s(n)", columns("n", "text"), rows - 1)),
        ("duckdb", format!("CREATE TABLE customers AS SELECT {} FROM range({rows}) AS s(n)", columns("n", "varchar"))),
        ("spark", format!("CREATE TABLE customers USING parquet AS SELECT {} FROM range({rows})", columns("id", "string"))),
    ];
    let place = |(driver, sql): &(&'static str, String)| {
        let uri = fs::read_to_string(folder.join(driver)).unwrap().trim().to_owned();
        tell(folder, driver, &uri, ["DROP TABLE IF EXISTS customers", sql.as_str()].into_iter());
        Place { name: driver, source: format!("type: adbc\ndriver: {driver}\nuri: \"{uri}\"\n"), select: QUERY }
    };
    make.iter().map(place).collect()
}

/// Has an engine do something, past Listkeeper.
fn tell<'a>(folder: &Path, driver: &str, uri: &str, sql: impl Iterator<Item = &'a str>) {
    let manifest = folder.join(format!("drivers/{driver}.toml"));
    let mut driver = ManagedDriver::load_from_name(manifest, None, AdbcVersion::V110, 0, None).unwrap();
    let database = driver.new_database_with_opts([(OptionDatabase::Uri, uri.into())]).unwrap();
    let mut connection = database.new_connection().unwrap();
    for sql in sql {
        let mut statement = connection.new_statement().unwrap();
        statement.set_sql_query(sql).unwrap();
        let answer = statement.execute().unwrap_or_else(|error| panic!("{sql}: {error}"));
        answer.for_each(|batch| drop(batch.unwrap()));
    }
}

/// The Parquet file, in a bucket.
async fn bucket(people: &People, endpoint: &str) -> Place {
    let key = env::var("OBJECT_STORAGE_S3_KEY").unwrap();
    let (id, secret) = key.split_once(':').unwrap();
    let builder = AmazonS3Builder::new().with_endpoint(endpoint).with_allow_http(true).with_bucket_name("lists");
    let store = builder.with_access_key_id(id).with_secret_access_key(secret).build().unwrap();
    let mut upload = store.put_multipart(&Key::from("same-plan/customers.parquet")).await.unwrap();
    for part in fs::read(people.dir.join("customers.parquet")).unwrap().chunks(8 << 20) {
        upload.put_part(part.to_vec().into()).await.unwrap();
    }
    upload.complete().await.unwrap();
    fs::write(people.dir.join("bucket-secret"), secret).unwrap();
    let credentials = format!("{{accessKeyId: \"{id}\", secretAccessKey: {{file: ../bucket-secret}}}}");
    let tables = "{customers: \"s3://lists/same-plan/customers.parquet\"}";
    let source = format!("type: files\ntables: {tables}\nstorage: {{endpoint: {endpoint}, credentials: {credentials}}}\n");
    Place { name: "bucket", source, select: QUERY }
}
