package embedded_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sallyport/storage/embedded"
)

func TestFirstStartMakesRolesAndDatabase(t *testing.T) {
	t.Parallel()
	s, _ := shared(t)
	wants(t, s.URL("postgres"), `SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'sallyport'`, "sallyport_owner")
	wants(t, s.URL("postgres"), `SELECT count(*) FROM pg_roles WHERE rolname LIKE 'sallyport%' AND rolcanlogin
		AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`, 2)
	wants(t, s.URL("sallyport"), `SELECT current_user::text`, "sallyport")
	wants(t, s.URLFor("sallyport_owner", "postgres"), `SELECT current_database()::text`, "postgres")
	wants(t, s.URL("sallyport"), `SHOW server_encoding`, "UTF8")
	wants(t, s.URL("sallyport"), `SELECT lower('É') || ('Z' < 'a')`, "étrue")
	wants(t, s.URL("sallyport"), `SHOW data_checksums`, "on")
}

func TestRuntimeRoleHasWhatTheOwnerGrantsAndNoMore(t *testing.T) {
	t.Parallel()
	s, _ := shared(t)
	must(t, exec(t, s.URL("sallyport_owner"), `DROP TABLE IF EXISTS open, shut`, `CREATE TABLE open (n int)`, `GRANT SELECT ON open TO sallyport`, `CREATE TABLE shut (n int)`))
	must(t, exec(t, s.URL("sallyport"), `SELECT * FROM open`))
	for _, statement := range []string{
		`SELECT * FROM shut`, `INSERT INTO open VALUES (1)`, `CREATE TABLE mine (n int)`, `CREATE TEMP TABLE mine (n int)`,
		`SET ROLE sallyport_owner`, `CREATE ROLE mine`, `GRANT SELECT ON open TO PUBLIC WITH GRANT OPTION`,
	} {
		if err := exec(t, s.URL("sallyport"), statement); err == nil {
			t.Errorf("the runtime role may %s", statement)
		}
	}
	if err := exec(t, s.URL("sallyport_owner"), `SET ROLE postgres`); err == nil {
		t.Error("the owner may become superuser")
	}
}

func TestRestartKeepsCommittedRows(t *testing.T) {
	t.Parallel()
	o := embedded.Options{Dir: dataDir(t)}
	s := start(t, o)
	wants(t, s.URL("sallyport"), `SELECT current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes')`, "ononon")
	must(t, exec(t, s.URL("sallyport_owner"), `CREATE TABLE kept AS SELECT 42 AS n`))
	stop(t, s)
	stop(t, s)
	select {
	case <-s.Done():
		t.Error("Stop looks like the loss of the server")
	default:
	}
	wants(t, start(t, o).URL("sallyport_owner"), `SELECT n FROM kept`, 42)
}

func TestFilesAreClosedToOthers(t *testing.T) {
	t.Parallel()
	_, dir := shared(t) // which was there before, with mode 0755
	want := map[string]os.FileMode{"": 0o700, "lock": 0o600, "pgdata": 0o700, "run": 0o700, "pg_hba.conf": 0o644}
	if os.Geteuid() == 0 {
		want[""] = 0o711
	}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != mode {
			t.Errorf("%q has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
}

func TestNothingListensOnTCP(t *testing.T) {
	t.Parallel()
	s, dir := shared(t)
	wants(t, s.URL("sallyport"), `SHOW listen_addresses`, "")
	wants(t, s.URL("postgres"), `SELECT string_agg(type || ' ' || array_to_string(database || user_name, ' ') || ' ' || auth_method, '')
		FROM pg_hba_file_rules`, "local all all peer")
	text, err := os.ReadFile(filepath.Join(dir, "pgdata", "postmaster.pid"))
	must(t, err)
	if address := strings.Split(string(text), "\n")[5]; address != "" {
		t.Errorf("the server says it listens on %q", address)
	}
}

func TestLogRaisesErrorsWithoutWhatPeopleTyped(t *testing.T) {
	t.Parallel()
	var out locked
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := start(t, embedded.Options{Dir: dataDir(t), Volatile: true, Log: log})
	err := exec(t, s.URL("sallyport_owner"), `CREATE TABLE p (mail text PRIMARY KEY)`,
		`INSERT INTO p VALUES ('eve@example.test'), ('eve@example.test')`)
	if err == nil {
		t.Fatal("two rows with one key")
	}
	stop(t, s)
	if strings.Contains(out.String(), "eve@") {
		t.Errorf("the log holds a mail address: %s", &out)
	}
	if !strings.Contains(out.String(), `level=WARN msg="ERROR:  duplicate key`) {
		t.Errorf("the log does not raise the error: %s", &out)
	}
	if strings.Contains(out.String(), "level=ERROR") {
		t.Errorf("an ordinary life raises errors: %s", &out)
	}
}

type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
