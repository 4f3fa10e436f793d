-- +goose Up

ALTER TABLE factors
    DROP CONSTRAINT factors_kind_check,
    ADD CONSTRAINT factors_kind_check CHECK (kind IN ('totp', 'webauthn', 'email', 'sms'));

-- password_by_mail: whoever reads the mailbox may have chosen the password, so a code by mail proves nothing
-- beside it. frozen_at: somebody said that a change was not theirs. enrol_until and enrol_skips are the window in
-- which a person may still put enrolment off; neither is ever given back.
ALTER TABLE users
    ADD COLUMN password_by_mail boolean NOT NULL DEFAULT false,
    ADD COLUMN frozen_at timestamptz,
    ADD COLUMN enrol_until timestamptz,
    ADD COLUMN enrol_skips integer NOT NULL DEFAULT 0;

ALTER TABLE single_use
    DROP CONSTRAINT single_use_kind_check,
    DROP CONSTRAINT single_use_owner_check,
    ADD CONSTRAINT single_use_kind_check CHECK (kind IN ('code', 'refresh', 'backup_code', 'access_code', 'email_code', 'sms_code',
        'password_reset', 'email_confirmation', 'objection', 'trusted_device')),
    ADD CONSTRAINT single_use_owner_check CHECK (kind IN ('code', 'refresh') OR user_id IS NOT NULL);
DROP INDEX single_use_backup_codes;
CREATE INDEX single_use_of_user ON single_use (tenant_id, user_id, kind) WHERE user_id IS NOT NULL;

-- A browser that may skip the second factor for some days. Its secret changes with every use: the one in force, and
-- those before it, are single-use rows that name it.
CREATE TABLE trusted_devices (
    tenant_id      uuid NOT NULL,
    id             uuid NOT NULL,
    user_id        uuid NOT NULL,
    policy_version integer NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    last_used_at   timestamptz NOT NULL,
    ended_at       timestamptz,
    end_reason     text,
    address        text NOT NULL DEFAULT '',
    agent          text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX trusted_devices_by_user ON trusted_devices (tenant_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX trusted_devices_by_expiry ON trusted_devices (expires_at);
ALTER TABLE trusted_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE trusted_devices FORCE ROW LEVEL SECURITY;
CREATE POLICY fence ON trusted_devices USING (fenced(tenant_id)) WITH CHECK (fenced(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON trusted_devices TO sallyport;

-- What a message tells that nobody else may read (a code, a link) is sealed, and gone once it is sent. After
-- expires_at it is worth nothing and is not sent any more.
ALTER TABLE messages
    ADD COLUMN channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'sms')),
    ADD COLUMN secret bytea,
    ADD COLUMN expires_at timestamptz;

-- +goose Down
SELECT require_one(0, 'migrations only go forward');
