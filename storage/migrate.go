package storage

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to date as the login in url, which owns it. It runs under an
// advisory lock: any number of instances may start at once. It only goes forward.
func Migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return fmt.Errorf("migrate: %w", errMalformedURL)
	}
	defer pool.Close()
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", translate(err))
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, "select pg_advisory_lock($1)", migrationLock); err != nil {
		return fmt.Errorf("lock migrations: %w", translate(err))
	}
	defer lock.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", migrationLock)
	return migrateAll(ctx, pool)
}

// migrationLock is one number for goose's and river's migrations together.
const migrationLock = 7237188

func migrateAll(ctx context.Context, pool *pgxpool.Pool) error {
	conn := stdlib.OpenDBFromPool(pool)
	defer conn.Close()
	if err := migrateSchema(ctx, conn); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := migrateJobs(ctx, pool); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

func migrateSchema(ctx context.Context, conn *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, conn, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// migrateJobs brings river's own tables up to date and lends them to the runtime role.
func migrateJobs(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `
		DO $$ DECLARE t regclass; BEGIN
			FOR t IN SELECT c.oid::regclass FROM pg_class c
				WHERE c.relname LIKE 'river\_%' AND c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace LOOP
				EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO sallyport', t);
			END LOOP;
		END $$;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO sallyport`)
	return err
}

// refusePower: a role that the fence does not hold makes every promise of tenancy void.
func (s *Store) refusePower(ctx context.Context) error {
	var harmless bool
	err := s.pool.QueryRow(ctx, `
		SELECT NOT rolsuper AND NOT rolbypassrls AND NOT EXISTS (
			SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))
		FROM pg_roles r WHERE rolname = current_user`).Scan(&harmless)
	if err != nil {
		return fmt.Errorf("check the runtime role: %w", translate(err))
	}
	if !harmless {
		return ErrTooPowerful
	}
	return nil
}
