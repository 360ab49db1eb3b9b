-- The second version: what people say of the files, and what was measured of an approximate index.

-- `set_by` has no grant, so everybody who sets a tag is named as the server knows them.
CREATE TABLE soundalike.tags (
    file bigint NOT NULL REFERENCES soundalike.files ON DELETE CASCADE,
    tag text NOT NULL CHECK (tag <> ''),
    folded text NOT NULL,
    set_by text NOT NULL DEFAULT session_user,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (file, folded)
);
CREATE INDEX files_with_tag ON soundalike.tags (folded, file);

CREATE TABLE soundalike.collections (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    folded text NOT NULL UNIQUE,
    set_by text NOT NULL DEFAULT session_user,
    set_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE soundalike.collection_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection integer NOT NULL REFERENCES soundalike.collections ON DELETE CASCADE,
    file bigint NOT NULL REFERENCES soundalike.files ON DELETE CASCADE,
    start_secs double precision,
    end_secs double precision,
    set_by text NOT NULL DEFAULT session_user,
    set_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (collection, file, start_secs, end_secs)
);

-- The share of the ten nearest codes that an index found, for `sample` codes of the library.
CREATE TABLE soundalike.recalls (
    model integer PRIMARY KEY REFERENCES soundalike.models ON DELETE CASCADE,
    recall double precision NOT NULL,
    sample integer NOT NULL,
    codes bigint NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now()
);
