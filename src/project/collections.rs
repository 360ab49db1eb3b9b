//! Collections: files and moments that a person put together, in order, under a name.

use rusqlite::{Transaction, params};

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::letters::are_alike;
use crate::dataset::{Collection, CollectionId, FileId, Item};

impl Project {
    /// All collections, by name, each with its items in order.
    pub fn collections(&self) -> Result<Vec<Collection>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let mut query = db.prepare("SELECT id, name FROM collections ORDER BY name, id").map_err(failed)?;
        let rows = query.query_map([], |row| {
            Ok(Collection { id: CollectionId(row.get(0)?), name: row.get(1)?, items: Vec::new() })
        });
        let mut collections: Vec<Collection> = rows.and_then(Iterator::collect).map_err(failed)?;
        let mut query = db
            .prepare(
                "SELECT file_id, start_secs, end_secs FROM collection_items WHERE collection_id = ?1 ORDER BY place",
            )
            .map_err(failed)?;
        for collection in &mut collections {
            let rows = query.query_map([collection.id.0], |row| {
                let stretch_secs = row.get::<_, Option<f64>>(1)?.zip(row.get(2)?);
                Ok(Item { file: FileId(row.get(0)?), stretch_secs })
            });
            collection.items = rows.and_then(Iterator::collect).map_err(failed)?;
        }
        Ok(collections)
    }
}

impl Edit<'_> {
    /// The collection of this name, ignoring case. It is created if there is none.
    pub fn collection(&self, name: &str) -> Result<CollectionId, ProjectError> {
        self.transaction(|transaction| {
            if let Some(id) = named(transaction, name)? {
                return Ok(id);
            }
            let make = "INSERT INTO collections (name) VALUES (?1) RETURNING id";
            transaction.query_row(make, [name], |row| row.get(0).map(CollectionId))
        })
    }

    /// Puts items at the end of a collection, or before the item at `before`. An item with the same file and stretch as
    /// an existing one is not added again.
    pub fn put_into_collection(
        &self,
        collection: CollectionId,
        items: &[Item],
        before: Option<usize>,
    ) -> Result<(), ProjectError> {
        self.change_items(collection, |kept| {
            let before = before.unwrap_or(kept.len()).min(kept.len());
            let mut fresh: Vec<Item> = Vec::new();
            for item in items {
                if !kept.contains(item) && !fresh.contains(item) {
                    fresh.push(*item);
                }
            }
            kept.splice(before..before, fresh);
        })
    }

    /// Takes items out of a collection. Items that are not in it are ignored.
    pub fn take_from_collection(&self, collection: CollectionId, items: &[Item]) -> Result<(), ProjectError> {
        self.change_items(collection, |kept| kept.retain(|item| !items.contains(item)))
    }

    /// Moves an item to another position in its collection.
    pub fn move_in_collection(&self, collection: CollectionId, item: Item, to: usize) -> Result<(), ProjectError> {
        self.change_items(collection, |kept| {
            if let Some(from) = kept.iter().position(|known| *known == item) {
                kept.remove(from);
                kept.insert(to.min(kept.len()), item);
            }
        })
    }

    /// Renames a collection. If another collection has the name, this one's items are appended to it, and only that
    /// collection remains.
    pub fn rename_collection(&self, collection: CollectionId, name: &str) -> Result<(), ProjectError> {
        let other = self.transaction(|transaction| named(transaction, name))?;
        let Some(other) = other.filter(|other| *other != collection) else {
            let rename = "UPDATE collections SET name = ?2 WHERE id = ?1";
            return self.transaction(|transaction| transaction.execute(rename, (collection.0, name)).map(|_| ()));
        };
        let items = self.transaction(|transaction| items_of(transaction, collection))?;
        self.put_into_collection(other, &items, None)?;
        self.remove_collection(collection)
    }

    /// Deletes a collection. Its files stay in the project.
    pub fn remove_collection(&self, collection: CollectionId) -> Result<(), ProjectError> {
        let remove = "DELETE FROM collections WHERE id = ?1";
        self.transaction(|transaction| transaction.execute(remove, [collection.0]).map(|_| ()))
    }

    fn change_items(&self, collection: CollectionId, change: impl FnOnce(&mut Vec<Item>)) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            let before = items_of(transaction, collection)?;
            let mut items = before.clone();
            change(&mut items);
            if items == before {
                return Ok(());
            }
            transaction.execute("DELETE FROM collection_items WHERE collection_id = ?1", [collection.0])?;
            // A file, or the collection, may have been removed meanwhile.
            let mut insert = transaction.prepare_cached(
                "INSERT INTO collection_items (collection_id, place, file_id, start_secs, end_secs)
                 SELECT collections.id, ?2, files.id, ?4, ?5 FROM collections, files
                 WHERE collections.id = ?1 AND files.id = ?3",
            )?;
            for (place, item) in items.iter().enumerate() {
                let (start, end) = item.stretch_secs.unzip();
                insert.execute(params![collection.0, place as i64, item.file.0, start, end])?;
            }
            Ok(())
        })
    }
}

fn named(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<CollectionId>> {
    let mut query = transaction.prepare("SELECT id, name FROM collections ORDER BY id")?;
    let mut rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let found = rows.find(|row| row.as_ref().map_or(true, |(_, known)| are_alike(known, name)));
    Ok(found.transpose()?.map(|(id, _)| CollectionId(id)))
}

fn items_of(transaction: &Transaction<'_>, collection: CollectionId) -> rusqlite::Result<Vec<Item>> {
    let mut query = transaction.prepare_cached(
        "SELECT file_id, start_secs, end_secs FROM collection_items WHERE collection_id = ?1 ORDER BY place",
    )?;
    let rows = query.query_map([collection.0], |row| {
        let stretch_secs = row.get::<_, Option<f64>>(1)?.zip(row.get(2)?);
        Ok(Item { file: FileId(row.get(0)?), stretch_secs })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    fn whole(file: FileId) -> Item {
        Item { file, stretch_secs: None }
    }

    #[test]
    fn items_keep_their_order_and_are_in_a_collection_once() {
        let (_keep, project) = project();
        let edit = project.edit("All at once").expect("writable");
        edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 2), facts("/c.wav", 3)]).expect("added");
        let ids: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let moment = Item { file: ids[0], stretch_secs: Some((0.25, 0.5)) };
        let best = edit.collection("Best of Übung").expect("made");
        assert_eq!(edit.collection("best of u\u{308}bung").expect("found"), best);
        edit.put_into_collection(best, &[whole(ids[1]), moment, whole(ids[1])], None).expect("put");
        edit.put_into_collection(best, &[whole(ids[2]), moment], Some(0)).expect("put");
        let items = || project.collections().expect("read")[0].items.clone();
        assert_eq!(items(), [whole(ids[2]), whole(ids[1]), moment]);
        edit.move_in_collection(best, moment, 0).expect("moved");
        assert_eq!(items(), [moment, whole(ids[2]), whole(ids[1])]);
        edit.take_from_collection(best, &[whole(ids[2])]).expect("taken");
        let other = edit.collection("Other").expect("made");
        edit.put_into_collection(other, &[whole(ids[2]), moment], None).expect("put");
        edit.rename_collection(other, "best of übung").expect("joined");
        assert_eq!(items(), [moment, whole(ids[1]), whole(ids[2])]);
        assert_eq!(project.collections().expect("read").len(), 1);
        edit.remove_files(&[ids[0]]).expect("removed");
        assert_eq!(items(), [whole(ids[1]), whole(ids[2])]);
        edit.commit().expect("done");
        project.undo().expect("undone");
        assert!(project.collections().expect("read").is_empty());
    }
}
