package embedded_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sallyport/storage/embedded"
)

// helperDir makes the test binary play a sallyport that owns the directory.
const helperDir = "SALLYPORT_EMBEDDED_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(serve(dir))
	}
	code := m.Run()
	if common.server != nil {
		common.server.Stop(context.Background())
	}
	os.RemoveAll(filepath.Dir(common.dir))
	os.Exit(code)
}

// common is a server for tests that only look; the others start their own.
var common struct {
	once   sync.Once
	dir    string
	server *embedded.Server
}

func shared(t *testing.T) (*embedded.Server, string) {
	t.Helper()
	common.once.Do(func() {
		base, err := os.MkdirTemp("", "sallyport-test-")
		must(t, err)
		must(t, os.Chmod(base, 0o711))
		common.dir = filepath.Join(base, "data")
		must(t, os.Mkdir(common.dir, 0o755))
		common.server, err = embedded.Start(limited(t), embedded.Options{Dir: common.dir, Volatile: true})
		must(t, err)
	})
	if common.server == nil {
		t.Fatal("the shared server did not start")
	}
	return common.server, common.dir
}

// serve holds a server until its input ends, so that it goes with the test.
func serve(dir string) int {
	s, err := embedded.Start(context.Background(), embedded.Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("up")
	io.Copy(io.Discard, os.Stdin)
	s.Stop(context.Background())
	return 0
}

// dataDir is a directory to be made by Start that a server of root's can reach,
// which those of t.TempDir are not.
func dataDir(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp("", "sallyport-test-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(base) })
	must(t, os.Chmod(base, 0o711))
	return filepath.Join(base, "data")
}

func start(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(limited(t), o)
	must(t, err)
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// exec runs statements in one session and returns the first error.
func exec(t *testing.T, url string, statements ...string) error {
	conn, err := pgx.Connect(limited(t), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(limited(t), statement); err != nil {
			return err
		}
	}
	return nil
}

func ask[T any](t *testing.T, url, query string) (answer T, err error) {
	conn, err := pgx.Connect(limited(t), url)
	if err != nil {
		return answer, err
	}
	defer conn.Close(context.Background())
	err = conn.QueryRow(limited(t), query).Scan(&answer)
	return answer, err
}

func wants[T comparable](t *testing.T, url, query string, want T) {
	t.Helper()
	got, err := ask[T](t, url, query)
	must(t, err)
	if got != want {
		t.Errorf("%s = %v, want %v", query, got, want)
	}
}

// eventually tries until it works or a minute has gone.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	ctx, tick := limited(t), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("never happened: %v", err)
		case <-tick.C:
		}
	}
}
