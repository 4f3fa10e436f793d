-- +goose Up

-- A backup code is used once like everything else that is, and belongs to one person.
ALTER TABLE single_use
    DROP CONSTRAINT single_use_kind_check,
    ADD COLUMN user_id uuid,
    ADD CONSTRAINT single_use_kind_check CHECK (kind IN ('code', 'refresh', 'backup_code')),
    ADD CONSTRAINT single_use_owner_check CHECK (kind <> 'backup_code' OR user_id IS NOT NULL),
    ADD FOREIGN KEY (tenant_id, user_id) REFERENCES users;
CREATE INDEX single_use_backup_codes ON single_use (tenant_id, user_id) WHERE kind = 'backup_code';

-- A sign-in in progress may also be about making new backup codes.
ALTER TABLE signin_attempts
    DROP CONSTRAINT signin_attempts_purpose_check,
    ADD CONSTRAINT signin_attempts_purpose_check CHECK (purpose IN ('authorize', 'fresh', 'enrol', 'codes'));

-- +goose Down
SELECT require_one(0, 'migrations only go forward');
