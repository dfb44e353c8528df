//! What people are told when a server does not let them in, or has nothing.

use super::world::{At, World};
use std::fs;

/// The error and its hint, this test's objects aside.
fn told(world: &World, address: &str, storage: &str) -> String {
    let error = world.refused(address, storage);
    let text = format!("{error}\n{}", error.hint.as_deref().unwrap_or("-"));
    assert!(!text.contains("http://") && !text.contains("sig="), "{text}");
    text.replace(&world.prefix, "~")
}

#[test]
fn by_s3() {
    let Some(world) = World::new(At::S3, "by_s3") else { return };
    world.put("a.csv", "Id\n1\n");
    fs::write(world.dir.path().join("wrong"), "wrong").unwrap();
    let address = world.address("a.csv");
    let right = world.storage();
    let secret = world.s3("accessKeyId: {file: id}, secretAccessKey: {file: wrong}");
    insta::assert_snapshot!(told(&world, &world.address("*.csv"), &secret), @r"
    S3 does not accept the credentials for s3://lists/~/*.csv (403 SignatureDoesNotMatch)
    are they right, and of this account? give `storage: {credentials: {accessKeyId: …, secretAccessKey: {env: NAME}}}`, or `none` for a public bucket
    ");
    let id = world.s3("accessKeyId: {file: wrong}, secretAccessKey: {file: secret}");
    insta::assert_snapshot!(told(&world, &world.address("*.csv"), &id), @r"
    S3 does not accept the credentials for s3://lists/~/*.csv (403 InvalidAccessKeyId)
    are they right, and of this account? give `storage: {credentials: {accessKeyId: …, secretAccessKey: {env: NAME}}}`, or `none` for a public bucket
    ");
    insta::assert_snapshot!(told(&world, &address, &id), @r"
    S3 refuses access to s3://lists/~/a.csv (403)
    are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder
    ");
    insta::assert_snapshot!(told(&world, &world.address("b.csv"), &right), @r"
    s3://lists/~/b.csv is not there
    are the bucket and the name right?
    ");
    insta::assert_snapshot!(told(&world, &world.address("*.parquet"), &right), @r"
    no file matches s3://lists/~/*.parquet
    a pattern that matches nothing is an error, never an empty source
    ");
    insta::assert_snapshot!(told(&world, "s3://nowhere/*.csv", &right), @r"
    s3://nowhere/*.csv: there is no bucket nowhere (404 NoSuchBucket)
    is its name right, and the account or the endpoint of the source's `storage`?
    ");
}

#[test]
fn by_azure() {
    let Some(world) = World::new(At::Azure, "by_azure") else { return };
    world.put("a.csv", "Id\n1\n");
    fs::write(world.dir.path().join("wrong"), "d3Jvbmc=").unwrap();
    fs::write(world.dir.path().join("sas"), "?sv=2021-08-06&sr=c&sp=rl&se=2020-01-01T00%3A00%3A00Z&sig=d3Jvbmc%3D").unwrap();
    let right = world.storage();
    let (key, sas) = (world.azure("accountKey: {file: wrong}"), world.azure("sasToken: {file: sas}"));
    insta::assert_snapshot!(told(&world, &world.address("*.csv"), &key), @r"
    Azure refuses access to az://lists/~/*.csv (403 AuthorizationFailure)
    are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder
    ");
    insta::assert_snapshot!(told(&world, &world.address("a.csv"), &key), @r"
    Azure refuses access to az://lists/~/a.csv (403)
    are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder
    ");
    insta::assert_snapshot!(told(&world, &world.address("*.csv"), &sas), @r"
    Azure refuses access to az://lists/~/*.csv (403 AuthorizationFailure)
    are the credentials right, of this account, and not expired? they must be allowed to read it and to list its folder
    ");
    insta::assert_snapshot!(told(&world, &world.address("b.csv"), &right), @r"
    az://lists/~/b.csv is not there
    are the bucket and the name right?
    ");
    insta::assert_snapshot!(told(&world, "az://nowhere/*.csv", &right), @r"
    az://nowhere/*.csv: there is no container nowhere (404 ContainerNotFound)
    is its name right, and the account or the endpoint of the source's `storage`?
    ");
}
