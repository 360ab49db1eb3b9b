//! Tags and collections: everybody's, with who set them.

use super::connection::Library;
use super::error::LibraryError;
use crate::dataset::letters;

/// A tag of a file, and who set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTag {
    pub root: String,
    pub path: String,
    pub tag: String,
    pub set_by: String,
}

/// An item of a collection: a file, or a stretch of it, and who put it there.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptItem {
    pub root: String,
    pub path: String,
    pub stretch_secs: Option<(f64, f64)>,
    pub set_by: String,
}

impl Library {
    /// The number of a file, by root and path. `None` if the library does not have it.
    pub fn file_at(&mut self, root: &str, path: &str) -> Result<Option<i64>, LibraryError> {
        let find = "SELECT f.id FROM soundalike.files f JOIN soundalike.roots r ON r.id = f.root
            WHERE r.name = $1 AND f.path_hash = $2";
        let hash = blake3::hash(path.as_bytes());
        let row = self.client.query_opt(find, &[&root, &&hash.as_bytes()[..]]).map_err(self.failed())?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Gives files a tag. Files that have it, in any case, keep it as it is. Returns the number of the others.
    pub fn tag(&mut self, files: &[i64], tag: &str) -> Result<u64, LibraryError> {
        let set = "INSERT INTO soundalike.tags (file, tag, folded) SELECT f, $2, $3 FROM unnest($1::bigint[]) f
            ON CONFLICT DO NOTHING";
        self.client.execute(set, &[&files, &tag, &letters::folded(tag)]).map_err(self.failed())
    }

    /// Takes a tag, in any case, from files. Returns the number of files that had it.
    pub fn untag(&mut self, files: &[i64], tag: &str) -> Result<u64, LibraryError> {
        let remove = "DELETE FROM soundalike.tags WHERE file = ANY($1) AND folded = $2";
        self.client.execute(remove, &[&files, &letters::folded(tag)]).map_err(self.failed())
    }

    /// All tags, by file.
    pub fn tags(&mut self) -> Result<Vec<KeptTag>, LibraryError> {
        let list =
            "SELECT r.name, f.path, t.tag, t.set_by FROM soundalike.tags t JOIN soundalike.files f ON f.id = t.file
            JOIN soundalike.roots r ON r.id = f.root ORDER BY r.name, f.path, t.folded";
        let rows = self.client.query(list, &[]).map_err(self.failed())?;
        let tag =
            |row: &postgres::Row| KeptTag { root: row.get(0), path: row.get(1), tag: row.get(2), set_by: row.get(3) };
        Ok(rows.iter().map(tag).collect())
    }

    /// Puts files, or one stretch of each, at the end of a collection, which is made if there is none of this name.
    /// What is in it already stays where it is. Returns the number of the others.
    pub fn collect(
        &mut self,
        collection: &str,
        files: &[i64],
        stretch_secs: Option<(f64, f64)>,
    ) -> Result<u64, LibraryError> {
        let failed = self.failed();
        let folded = letters::folded(collection);
        let make = "INSERT INTO soundalike.collections (name, folded) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.client.execute(make, &[&collection, &folded]).map_err(&failed)?;
        let put = "INSERT INTO soundalike.collection_items (collection, file, start_secs, end_secs)
            SELECT c.id, f.file, $3, $4 FROM soundalike.collections c,
                unnest($2::bigint[]) WITH ORDINALITY AS f (file, place)
            WHERE c.folded = $1 ORDER BY f.place ON CONFLICT DO NOTHING";
        let (start, end) = stretch_secs.unzip();
        self.client.execute(put, &[&folded, &files, &start, &end]).map_err(&failed)
    }

    /// Takes files, with all their stretches, out of a collection. Returns the number of items that were there.
    pub fn uncollect(&mut self, collection: &str, files: &[i64]) -> Result<u64, LibraryError> {
        let remove = "DELETE FROM soundalike.collection_items i USING soundalike.collections c
            WHERE c.id = i.collection AND c.folded = $1 AND i.file = ANY($2)";
        self.client.execute(remove, &[&letters::folded(collection), &files]).map_err(self.failed())
    }

    /// The collections: name, number of items, and who made each.
    pub fn collections(&mut self) -> Result<Vec<(String, u64, String)>, LibraryError> {
        let list = "SELECT c.name, count(i.id), c.set_by FROM soundalike.collections c
            LEFT JOIN soundalike.collection_items i ON i.collection = c.id GROUP BY c.id ORDER BY c.folded";
        let rows = self.client.query(list, &[]).map_err(self.failed())?;
        Ok(rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1).cast_unsigned(), row.get(2))).collect())
    }

    /// The items of a collection, in order.
    pub fn items(&mut self, collection: &str) -> Result<Vec<KeptItem>, LibraryError> {
        let list = "SELECT r.name, f.path, i.start_secs, i.end_secs, i.set_by FROM soundalike.collection_items i
            JOIN soundalike.collections c ON c.id = i.collection JOIN soundalike.files f ON f.id = i.file
            JOIN soundalike.roots r ON r.id = f.root WHERE c.folded = $1 ORDER BY i.id";
        let rows = self.client.query(list, &[&letters::folded(collection)]).map_err(self.failed())?;
        let item = |row: &postgres::Row| KeptItem {
            root: row.get(0),
            path: row.get(1),
            stretch_secs: row.get::<_, Option<f64>>(2).zip(row.get(3)),
            set_by: row.get(4),
        };
        Ok(rows.iter().map(item).collect())
    }
}
