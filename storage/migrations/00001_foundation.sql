-- +goose Up

-- The runtime role owns nothing: it is fenced by row-level security, which neither
-- owners nor superusers are subject to by default.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sallyport') THEN
        CREATE ROLE sallyport NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        -- One login may own the schema and still serve requests in the fenced role.
        EXECUTE format('GRANT sallyport TO %I', current_user);
    END IF;
END $$;
-- +goose StatementEnd

-- The fence. An unset tenant is NULL, which equals nothing: forgetting it shows no row.
CREATE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

-- The lobby holds what has no tenant yet (sign-ins whose tenant is still open) or belongs
-- to all of them (shared clients).
CREATE FUNCTION lobby() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;

CREATE FUNCTION fenced(tenant uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT tenant = app_tenant() OR current_setting('app.all_tenants', true) = 'on' $$;

-- require_one turns "0 rows" into an error, so that a conditional write and all that
-- depends on it travel to the server together and stand or fall together.
-- +goose StatementBegin
CREATE FUNCTION require_one(rows bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows <> 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'SP409', MESSAGE = what;
    END IF;
END $$;
-- +goose StatementEnd

-- Caches of configuration (never of anything that decides revocation) are flushed by name.
-- +goose StatementBegin
CREATE FUNCTION notify_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sallyport_changed', TG_TABLE_NAME);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TABLE tenants (
    tenant_id  uuid PRIMARY KEY,
    slug       text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    disabled   boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);

-- A policy is never edited: each change is a version, the highest one is in force.
CREATE TABLE policies (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    version    integer NOT NULL CHECK (version > 0),
    document   jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid,
    PRIMARY KEY (tenant_id, version)
);

CREATE TABLE users (
    tenant_id          uuid NOT NULL REFERENCES tenants,
    id                 uuid NOT NULL,
    email              text NOT NULL CHECK (length(email) <= 254),
    email_key          text NOT NULL CHECK (length(email_key) <= 254),
    email_confirmed_at timestamptz,
    name               text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    password_hash      text,
    role               text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin', 'owner')),
    service            boolean NOT NULL DEFAULT false,
    disabled           boolean NOT NULL DEFAULT false,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email_key)
);
CREATE INDEX users_by_email ON users (email_key);

-- Every authenticator ever bound stays on record with its end and why (NIST SP 800-63B-4 4.6).
CREATE TABLE factors (
    tenant_id    uuid NOT NULL,
    id           uuid NOT NULL,
    user_id      uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('totp')),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    ended_at     timestamptz,
    end_reason   text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX factors_by_user ON factors (tenant_id, user_id) WHERE ended_at IS NULL;

CREATE TABLE clients (
    tenant_id                 uuid NOT NULL,
    id                        text NOT NULL UNIQUE CHECK (id ~ '^[A-Za-z0-9._~-]{1,100}$'),
    name                      text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    application_type          text NOT NULL CHECK (application_type IN ('web', 'native', 'user_agent', 'service')),
    auth_method               text NOT NULL CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'none')),
    secret_hash               bytea,
    redirect_uris             text[] NOT NULL DEFAULT '{}',
    post_logout_redirect_uris text[] NOT NULL DEFAULT '{}',
    grant_types               text[] NOT NULL,
    scopes                    text[] NOT NULL,
    audience                  text[] NOT NULL DEFAULT '{}',
    require_pkce              boolean NOT NULL DEFAULT true,
    first_party               boolean NOT NULL DEFAULT false,
    access_token_format       text NOT NULL DEFAULT 'opaque' CHECK (access_token_format IN ('opaque', 'jwt')),
    id_token_alg              text NOT NULL DEFAULT 'ES256' CHECK (id_token_alg IN ('ES256', 'RS256')),
    disabled                  boolean NOT NULL DEFAULT false,
    created_at                timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((auth_method = 'none') = (secret_hash IS NULL)),
    CHECK (auth_method <> 'none' OR require_pkce)
);

CREATE TABLE sessions (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    user_id     uuid NOT NULL,
    secret_hash bytea NOT NULL,
    proofs      jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    end_reason  text,
    address     text NOT NULL DEFAULT '',
    agent       text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_age ON sessions (created_at);

-- One sign-in in progress. Facts only: the step is derived from them, never stored.
CREATE TABLE signin_attempts (
    tenant_id  uuid NOT NULL,
    id         uuid NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    binding    bytea NOT NULL,
    purpose    text NOT NULL CHECK (purpose IN ('authorize', 'fresh', 'enrol')),
    client_id  text,
    request    jsonb NOT NULL,
    user_id    uuid,
    session_id uuid,
    facts      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    done_at    timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX signin_attempts_by_expiry ON signin_attempts (expires_at);

CREATE TABLE consents (
    tenant_id  uuid NOT NULL,
    user_id    uuid NOT NULL,
    client_id  text NOT NULL,
    scopes     text[] NOT NULL,
    attempt_id uuid NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, client_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);

-- A grant is what one sign-in gave one client; codes, access and refresh tokens hang on it
-- and end with it: it is the family of RFC 9700 4.14.2.
CREATE TABLE grants (
    tenant_id  uuid NOT NULL,
    id         uuid NOT NULL,
    user_id    uuid NOT NULL,
    client_id  text NOT NULL,
    session_id uuid NOT NULL,
    scopes     text[] NOT NULL,
    acr        text NOT NULL,
    amr        text[] NOT NULL,
    auth_time  timestamptz NOT NULL,
    proofs     jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    end_reason text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX grants_by_user ON grants (tenant_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX grants_by_session ON grants (tenant_id, session_id) WHERE ended_at IS NULL;
CREATE INDEX grants_by_expiry ON grants (expires_at);

-- Everything that may be used once. The kind is part of the key: a code of one purpose does
-- not exist for another.
CREATE TABLE single_use (
    tenant_id  uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('code', 'refresh')),
    hash       bytea NOT NULL,
    grant_id   uuid,
    data       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (tenant_id, kind, hash)
);
CREATE INDEX single_use_by_expiry ON single_use (expires_at);

-- The one consume primitive. The conditional update takes the row once, however many ask at a
-- time: "fresh" says that it was this call. A row that comes back otherwise was used before or
-- has expired; no row at all: never issued for this purpose. The look is a statement of its own,
-- because it must see what the update waited for: with one snapshot for both, the loser of a race
-- would take a secret that was used a moment ago for one that expired, and nobody would be alarmed.
-- +goose StatementBegin
CREATE FUNCTION consume(tenant uuid, purpose text, secret_hash bytea, moment timestamptz)
RETURNS TABLE (fresh boolean, reused boolean, grant_id uuid, data jsonb, created_at timestamptz) ROWS 1 LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY UPDATE single_use s SET used_at = moment
        WHERE s.tenant_id = tenant AND s.kind = purpose AND s.hash = secret_hash AND s.used_at IS NULL AND s.expires_at > moment
        RETURNING true, false, s.grant_id, s.data, s.created_at;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, s.used_at IS NOT NULL, s.grant_id, s.data, s.created_at FROM single_use s
            WHERE s.tenant_id = tenant AND s.kind = purpose AND s.hash = secret_hash;
    END IF;
END $$;
-- +goose StatementEnd

CREATE TABLE access_tokens (
    tenant_id  uuid NOT NULL,
    hash       bytea NOT NULL,
    grant_id   uuid,
    client_id  text NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE throttle_counters (
    tenant_id     uuid NOT NULL,
    name          text NOT NULL CHECK (length(name) <= 200),
    failures      integer NOT NULL,
    blocked_until timestamptz,
    since         timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE INDEX throttle_counters_by_age ON throttle_counters (updated_at);

-- The one counter. It counts the try before anything is verified, and refuses it while the counter is
-- blocked or spent. Parallel tries queue on the row, so no two see the same count (gauntlet B01, J07); a
-- refusal is read by a statement of its own, because the row may be younger than the snapshot of the first.
-- +goose StatementBegin
CREATE FUNCTION take_try(tenant uuid, counter text, free integer, first_delay integer, max_delay integer, spent integer,
    forget_before timestamptz, moment timestamptz)
RETURNS TABLE (allowed boolean, failures integer, blocked_until timestamptz) ROWS 1 LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY INSERT INTO throttle_counters AS c (tenant_id, name, failures, since, updated_at) VALUES (tenant, counter, 1, moment, moment)
        ON CONFLICT (tenant_id, name) DO UPDATE SET
            failures = CASE WHEN c.since < forget_before THEN 1 ELSE c.failures + 1 END,
            since = CASE WHEN c.since < forget_before THEN moment ELSE c.since END,
            blocked_until = CASE WHEN c.since >= forget_before AND c.failures + 1 >= free
                THEN moment + least(first_delay * power(2, least(c.failures + 1 - free, 20)), max_delay) * interval '1 second' END,
            updated_at = moment
        WHERE c.since < forget_before OR ((c.blocked_until IS NULL OR c.blocked_until <= moment) AND c.failures < spent)
        RETURNING true, c.failures, c.blocked_until;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, c.failures, c.blocked_until FROM throttle_counters c WHERE c.tenant_id = tenant AND c.name = counter;
    END IF;
END $$;
-- +goose StatementEnd

CREATE TABLE audit_events (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    actor_kind  text NOT NULL,
    actor_id    text NOT NULL DEFAULT '',
    target_kind text NOT NULL DEFAULT '',
    target_id   text NOT NULL DEFAULT '',
    request_id  text NOT NULL DEFAULT '',
    address     text NOT NULL DEFAULT '',
    detail      jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_events_by_target ON audit_events (tenant_id, target_kind, target_id, at DESC);

-- Signing keys belong to the issuer, and there is one issuer per deployment.
CREATE TABLE signing_keys (
    id          text PRIMARY KEY,
    alg         text NOT NULL CHECK (alg IN ('ES256', 'RS256')),
    state       text NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    private_key bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    state_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (alg, state) WHERE state <> 'retired';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenants', 'policies', 'users', 'factors', 'clients', 'sessions', 'consents',
        'grants', 'single_use', 'access_tokens', 'throttle_counters', 'audit_events'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY fence ON %I USING (fenced(tenant_id)) WITH CHECK (fenced(tenant_id))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sallyport', t);
    END LOOP;
    -- Shared clients stand in the lobby and are read from every tenant.
    CREATE POLICY shared ON clients FOR SELECT USING (tenant_id = lobby() AND app_tenant() IS NOT NULL);
    -- An attempt moves from the lobby into its tenant once, never back and never across.
    ALTER TABLE signin_attempts ENABLE ROW LEVEL SECURITY;
    ALTER TABLE signin_attempts FORCE ROW LEVEL SECURITY;
    CREATE POLICY fence ON signin_attempts
        USING (fenced(tenant_id) OR (tenant_id = lobby() AND app_tenant() IS NOT NULL))
        WITH CHECK (fenced(tenant_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON signin_attempts TO sallyport;
    -- History is written once.
    REVOKE UPDATE, DELETE ON audit_events, policies FROM sallyport;
    GRANT SELECT, INSERT, UPDATE ON signing_keys TO sallyport;
    FOREACH t IN ARRAY ARRAY['tenants', 'clients', 'signing_keys'] LOOP
        EXECUTE format('CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION notify_changed()', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT require_one(0, 'migrations only go forward');
