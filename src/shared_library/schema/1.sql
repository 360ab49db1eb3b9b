-- The first version: models, roots, files, who has them, and what is to be done.

CREATE TABLE soundalike.models (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    bits integer NOT NULL CHECK (bits BETWEEN 8 AND 512),
    kind text NOT NULL,
    configuration jsonb NOT NULL,
    weights bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('next', 'current', 'former')),
    published_by text NOT NULL DEFAULT session_user,
    published_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_model_of_each_state ON soundalike.models (state) WHERE state <> 'former';

CREATE TABLE soundalike.roots (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '')
);

-- A path can be too long for an index, so its hash stands for it there. `folded` is root and path as filters compare them.
CREATE TABLE soundalike.files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    root integer NOT NULL REFERENCES soundalike.roots,
    path text NOT NULL CHECK (path <> ''),
    path_hash bytea NOT NULL,
    folded text NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    sound_hash bytea,
    size_bytes bigint NOT NULL,
    modified_ns bigint NOT NULL,
    rate integer NOT NULL CHECK (rate > 0),
    channels integer NOT NULL,
    frames bigint NOT NULL CHECK (frames >= 0),
    peak real NOT NULL,
    loudness real,
    attack real,
    brightness real,
    pitch real,
    pitch_confidence real,
    noisiness real,
    tempo real,
    recorded timestamp,
    UNIQUE (root, path_hash)
);

-- A project that publishes. Its key is random and stays in the project.
CREATE TABLE soundalike.publishers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    made_by text NOT NULL DEFAULT session_user
);

-- A file stays as long as a project has it.
CREATE TABLE soundalike.holdings (
    publisher integer NOT NULL REFERENCES soundalike.publishers ON DELETE CASCADE,
    file bigint NOT NULL REFERENCES soundalike.files ON DELETE CASCADE,
    PRIMARY KEY (publisher, file)
);
CREATE INDEX holdings_of_file ON soundalike.holdings (file);

-- `tries` counts readings that failed, `losses` counts leases that ended without a word.
CREATE TABLE soundalike.work (
    model integer NOT NULL REFERENCES soundalike.models ON DELETE CASCADE,
    file bigint NOT NULL REFERENCES soundalike.files ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'problem')),
    lease bigint,
    lease_ends timestamptz,
    worker text,
    tries smallint NOT NULL DEFAULT 0,
    losses smallint NOT NULL DEFAULT 0,
    codes integer NOT NULL DEFAULT 0,
    reason text,
    PRIMARY KEY (model, file)
);
CREATE INDEX open_work ON soundalike.work (model, (tries + losses), file) WHERE state = 'open';
CREATE INDEX leased_work ON soundalike.work (lease) WHERE state = 'open' AND lease IS NOT NULL;
CREATE INDEX ends_of_leases ON soundalike.work (model, lease_ends) WHERE state = 'open' AND lease IS NOT NULL;
CREATE INDEX work_of_file ON soundalike.work (file);

CREATE SEQUENCE soundalike.leases;
