// Package storagetest gives each test a migrated database of its own on a real Postgres.
//
// The server is the one named by SALLYPORT_TEST_DATABASE_URL (storagetest/with sets it for a whole run)
// or a private one for the package under test, started by Main. Databases are cloned from one migrated
// template, which takes tens of milliseconds. A missing server fails the test; it is never skipped.
package storagetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sallyport/storage"
	"sallyport/storage/embedded"
)

const variable = "SALLYPORT_TEST_DATABASE_URL"

// Main runs the package's tests with a server. Call it from TestMain.
func Main(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "storagetest:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if os.Getenv(variable) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sallyport-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// The server may run as another user, who has to pass through.
	if err := os.Chmod(dir, 0o711); err != nil {
		return 1, err
	}
	s, err := embedded.Start(context.Background(), embedded.Options{Dir: filepath.Join(dir, "data"), Volatile: true})
	if err != nil {
		return 1, err
	}
	defer s.Stop(context.Background())
	os.Setenv(variable, s.URLFor("postgres", "postgres"))
	return m.Run(), nil
}

// Database is a migrated database.
type Database struct {
	// URL is for storage.Open, AdminURL for a superuser who stands outside the fence.
	URL, AdminURL string
}

var counter atomic.Int64

// NewDatabase clones a database and drops it when the test ends.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	template := migrated(t)
	name := fmt.Sprintf("t%d_%d_%d", os.Getpid(), counter.Add(1), time.Now().UnixNano())
	admin(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { admin(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	return Database{URL: in(name), AdminURL: in(name)}
}

// New opens a store on a database of its own.
func New(t testing.TB) *storage.Store {
	t.Helper()
	return NewDatabase(t).Open(t)
}

// Open opens one more store on the database: another instance of the server.
func (d Database) Open(t testing.TB) *storage.Store {
	t.Helper()
	return d.OpenWith(t, storage.Options{MaxConnections: 8})
}

// OpenWith is Open with other options: round trips can only be counted on a single connection.
func (d Database) OpenWith(t testing.TB, o storage.Options) *storage.Store {
	t.Helper()
	s, err := storage.Open(context.Background(), d.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Admin runs a statement as a superuser, to arrange or inspect what the runtime role may not.
func (d Database) Admin(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// in is the address of a database on the test server, as the superuser or in another role.
func in(database string, role ...string) string {
	u, err := url.Parse(os.Getenv(variable))
	if err != nil {
		panic(err)
	}
	u.Path = "/" + database
	if len(role) > 0 {
		q := u.Query()
		q.Set("role", role[0])
		u.RawQuery = q.Encode()
	}
	return u.String()
}

func admin(t testing.TB, database, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, in(database))
	if err != nil {
		t.Fatalf("no test database (%s): %v", variable, err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

var template = sync.OnceValues(makeTemplate)

func migrated(t testing.TB) string {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Fatal("storagetest: call storagetest.Main from TestMain")
	}
	name, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// makeTemplate migrates one template for all packages of a run; the lock lets one of them do it.
func makeTemplate() (string, error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, in("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := "template_" + fingerprint()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7237187)"); err != nil {
		return "", err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
		return name, err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+"_new OWNER sallyport_owner"); err != nil {
		return "", err
	}
	if err := storage.Migrate(ctx, in(name+"_new", "sallyport_owner")); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+"_new RENAME TO "+name)
	return name, err
}

// fingerprint tells templates of different migrations apart.
func fingerprint() string {
	_, file, _, _ := runtime.Caller(0)
	h := sha256.New()
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "..", "migrations", "*.sql"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
