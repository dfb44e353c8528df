//! Whose an export's lists and members are.

use super::*;
use crate::{plan::guard::Code, run::Decision};
use std::fs;

/// The export in this folder; everything else is administrators'.
fn defined_in(world: &World, folder: &str) {
    world.define("");
    world.edit("tables: {people: people.csv}", "tables: {people: people.csv}\nusableBy: ['**']");
    world.edit("acceptedOn: 2026-11-22}", "acceptedOn: 2026-11-22}\nusableBy: ['**']");
    let (root, file) = (world.directory(), world.directory().join("listkeeper.yaml"));
    ["m", "aa"].iter().for_each(|folder| _ = fs::remove_dir_all(root.join(folder)));
    if folder.is_empty() {
        return;
    }
    let text = fs::read_to_string(&file).unwrap();
    let (rest, export) = text.split_at(text.find("---\napiVersion: listkeeper/v1\nkind: Export").unwrap());
    fs::create_dir(root.join(folder)).unwrap();
    fs::write(root.join(folder).join("e.yaml"), export).unwrap();
    fs::write(file, rest).unwrap();
}

async fn codes(world: &World) -> Vec<Code> {
    world.plan().await.unwrap().plan.verdict.held.iter().map(|reason| reason.code).collect()
}

/// A deleted export's name gives another folder neither its lists nor its members, until a person says that it moved.
#[tokio::test(start_paused = true)]
async fn attack_another_folder_takes_a_deleted_exports_name() {
    for like in Like::ALL {
        let world = World::new(like, "").await;
        defined_in(&world, "m");
        world.write("a@x.test,Ana\nb@x.test,Bo\n");
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        assert!(codes(&world).await.is_empty(), "{like:?}");
        defined_in(&world, "aa");
        world.write("a@x.test,Ana\n");
        let report = world.run().await;
        let plan = world.plan().await.unwrap().plan;
        let text = crate::plan::text(&plan);
        assert!(end(&report).starts_with("Held") && text.contains("another folder had this name (m → aa)"), "{like:?} {report:?} {text}");
        assert_eq!(world.platform().members("Everyone"), ["a@x.test", "b@x.test"], "{like:?}");
        let report = world.deciding(&|_| Decision::Approve { by: "dana".into() }).await;
        assert_eq!(end(&report), "succeeded", "{like:?} {report:?}");
        assert_eq!(world.platform().members("Everyone"), ["a@x.test"], "{like:?}");
        assert!(codes(&world).await.is_empty(), "held once: {like:?}");
    }
}

/// Administrators may have every name.
#[tokio::test(start_paused = true)]
async fn an_export_moves_to_administrators_and_is_held_on_its_way_from_them() {
    for (from, to, held) in [("m", "", false), ("", "m", true), ("m", "m", false)] {
        let world = World::new(Like::Mailchimp, "").await;
        defined_in(&world, from);
        world.write("a@x.test,Ana\n");
        assert_eq!(end(&world.run().await), "succeeded");
        defined_in(&world, to);
        assert_eq!(!codes(&world).await.is_empty(), held, "{from} → {to}");
    }
}
