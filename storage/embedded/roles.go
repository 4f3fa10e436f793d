package embedded

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	superRole = "postgres"        // owns the cluster
	ownerRole = "sallyport_owner" // owns database and tables; migrates
	appRole   = "sallyport"       // serves; sees what the owner grants, behind row-level security
	database  = "sallyport"
)

var roles = []string{superRole, ownerRole, appRole}

// restrictions take from the world what PostgreSQL gives it by default and set
// it down anew; each may be run again. Sessions log no details: a unique key's
// would show the mail address that broke it.
var restrictions = []string{
	"ALTER ROLE " + ownerRole + " SET log_error_verbosity = terse",
	"ALTER ROLE " + appRole + " SET log_error_verbosity = terse",
	"REVOKE ALL ON DATABASE " + database + " FROM PUBLIC",
	"GRANT CONNECT ON DATABASE " + database + " TO " + appRole,
	"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
	"ALTER SCHEMA public OWNER TO pg_database_owner", // version 14 still gives it to postgres
}

// populate makes the roles and the database that are missing.
func (s *Server) populate(ctx context.Context) error {
	if err := s.create(ctx); err != nil {
		return fmt.Errorf("create roles and database: %w", err)
	}
	conn, err := pgx.Connect(ctx, s.URLFor(superRole, database))
	if err != nil {
		return fmt.Errorf("connect to the new database: %w", err)
	}
	defer conn.Close(ctx)
	for _, statement := range restrictions {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("restrict roles (%s): %w", statement, err)
		}
	}
	return nil
}

func (s *Server) create(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URLFor(superRole, superRole))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, role := range []string{ownerRole, appRole} {
		if err := createMissing(ctx, conn, "SELECT FROM pg_roles WHERE rolname = $1", role,
			"CREATE ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"); err != nil {
			return err
		}
	}
	return createMissing(ctx, conn, "SELECT FROM pg_database WHERE datname = $1", database,
		"CREATE DATABASE "+database+" OWNER "+ownerRole)
}

func createMissing(ctx context.Context, conn *pgx.Conn, query, name, statement string) error {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS ("+query+")", name).Scan(&there); err != nil || there {
		return err
	}
	_, err := conn.Exec(ctx, statement)
	return err
}
