-- +goose Up

-- A tenant's upstream identity provider. settings is federation.Settings; what a sign-in through it spares is no part of
-- them, but of the tenant's policy. secret is the sealed client secret or private key.
CREATE TABLE connections (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('entra', 'google', 'okta', 'oidc')),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    settings   jsonb NOT NULL,
    secret     bytea,
    version    integer NOT NULL DEFAULT 1,
    disabled   boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);

-- Who somebody is at a connection: the key is what the provider never gives to another, the issuer (which names the
-- directory) and its identifier there; never an address or a name (gauntlet G01). label is for people to read.
CREATE TABLE identities (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL,
    user_id       uuid NOT NULL,
    connection_id uuid NOT NULL,
    issuer        text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    subject       text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    label         text NOT NULL DEFAULT '' CHECK (length(label) <= 254),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    ended_at      timestamptz,
    end_reason    text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users,
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections
);
CREATE UNIQUE INDEX identities_by_subject ON identities (tenant_id, connection_id, issuer, subject) WHERE ended_at IS NULL;
CREATE INDEX identities_by_user ON identities (tenant_id, user_id) WHERE ended_at IS NULL;

-- A domain that the tenant says is its own, and since when a record in the DNS has shown it. absent_since is when the
-- record was first missed; a domain that is not proven gives no right to anybody.
CREATE TABLE domains (
    tenant_id     uuid NOT NULL REFERENCES tenants,
    name          text NOT NULL CHECK (name = lower(name) AND length(name) <= 253),
    challenge     text NOT NULL,
    connection_id uuid,
    created_at    timestamptz NOT NULL,
    proven_at     timestamptz,
    checked_at    timestamptz,
    absent_since  timestamptz,
    PRIMARY KEY (tenant_id, name),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections
);
-- Two organisations cannot own one domain.
CREATE UNIQUE INDEX domains_proven ON domains (name) WHERE proven_at IS NOT NULL;

-- A policy that is only watched: what it would have done stands with each sign-in in the audit record.
CREATE TABLE policy_reports (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    id         uuid NOT NULL,
    document   jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid,
    ended_at   timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX policy_reports_one ON policy_reports (tenant_id) WHERE ended_at IS NULL;
CREATE INDEX audit_events_by_kind ON audit_events (tenant_id, kind, at DESC);

-- upstream is what the provider calls its session ("<connection>:<sid>"), so that it can end ours.
ALTER TABLE sessions ADD COLUMN upstream text NOT NULL DEFAULT '';
CREATE INDEX sessions_by_upstream ON sessions (tenant_id, upstream) WHERE upstream <> '' AND ended_at IS NULL;

ALTER TABLE signin_attempts
    DROP CONSTRAINT signin_attempts_purpose_check,
    ADD CONSTRAINT signin_attempts_purpose_check CHECK (purpose IN ('authorize', 'fresh', 'enrol', 'codes', 'link', 'test'));

ALTER TABLE single_use
    DROP CONSTRAINT single_use_kind_check,
    DROP CONSTRAINT single_use_owner_check,
    ADD CONSTRAINT single_use_kind_check CHECK (kind IN ('code', 'refresh', 'backup_code', 'access_code', 'email_code', 'sms_code',
        'password_reset', 'email_confirmation', 'objection', 'trusted_device', 'logout_token')),
    ADD CONSTRAINT single_use_owner_check CHECK (kind IN ('code', 'refresh', 'logout_token') OR user_id IS NOT NULL);

-- The live ways in which somebody signs in upstream: not of a connection that was disabled (gauntlet G06).
CREATE FUNCTION identities_of(tenant uuid, person uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'connection', i.connection_id)), '[]')
    FROM identities i JOIN connections c ON c.tenant_id = i.tenant_id AND c.id = i.connection_id AND NOT c.disabled
    WHERE i.tenant_id = tenant AND i.user_id = person AND i.ended_at IS NULL
$$;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['connections', 'identities', 'domains', 'policy_reports'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY fence ON %I USING (fenced(tenant_id)) WITH CHECK (fenced(tenant_id))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sallyport', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['connections', 'domains'] LOOP
        EXECUTE format('CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION notify_changed()', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT require_one(0, 'migrations only go forward');
