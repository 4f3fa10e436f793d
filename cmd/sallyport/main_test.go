package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(guarded); dir != "" {
		os.Exit(guard(dir, os.Args[1:]))
	}
	storagetest.Main(m)
}

// binary is built once, beside the test's own, whose directory go test removes.
var binary = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "sallyport-under-test")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// command is the binary in surroundings of its own.
type command struct {
	t   *testing.T
	dir string
	env []string
}

// alone has the embedded database in a directory of its own.
func alone(t *testing.T, env ...string) command {
	t.Helper()
	dir, err := os.MkdirTemp("", "sallyport-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	// The database may run as another user, who has to pass through.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return command{t, dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SALLYPORT_DATA_DIR=" + dir + "/data",
		"SALLYPORT_PASSWORD_MEMORY_KIB=7168", "SALLYPORT_PASSWORD_ITERATIONS=1"}, env...)}
}

// beside has a database of the test server.
func beside(t *testing.T, env ...string) (command, storagetest.Database) {
	t.Helper()
	d := storagetest.NewDatabase(t)
	return alone(t, append(env, "SALLYPORT_DATABASE_URL="+d.URL)...), d
}

func (c command) prepare(ctx context.Context, args ...string) *exec.Cmd {
	c.t.Helper()
	path, err := binary()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	return cmd
}

// try runs to the end and returns both outputs and the exit code.
func (c command) try(input string, args ...string) (out, problems string, code int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := c.prepare(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func (c command) must(args ...string) string {
	c.t.Helper()
	out, problems, code := c.try("", args...)
	if code != 0 {
		c.t.Fatalf("%v: exit %d: %s", args, code, problems)
	}
	return out
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
