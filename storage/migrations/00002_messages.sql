-- +goose Up

-- What people are told outside the pages. The data of a message is what its text is made of: names and times,
-- never a code, a link or another secret.
CREATE TABLE messages (
    tenant_id  uuid NOT NULL,
    id         uuid NOT NULL,
    user_id    uuid,
    kind       text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    recipient  text NOT NULL CHECK (length(recipient) BETWEEN 1 AND 254),
    locale     text NOT NULL CHECK (length(locale) <= 35),
    data       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz,
    failed_at  timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT '' CHECK (length(last_error) <= 500),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX messages_by_age ON messages (created_at);
CREATE INDEX messages_by_user ON messages (tenant_id, user_id, created_at DESC);

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON messages USING (fenced(tenant_id)) WITH CHECK (fenced(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO sallyport;

-- +goose Down
SELECT require_one(0, 'migrations only go forward');
