package main_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// stage is what the tests of the rows share, because it takes long to start: the demo and a browser. Each brings people,
// and where it changes the rules, a tenant of its own.
var stage struct {
	sync.Once
	demo    demonstration
	browser context.Context
	alive   io.WriteCloser // never written to: it closes with this process
}

func show(t *testing.T) demonstration {
	t.Helper()
	stage.Do(func() { raise(t) })
	if stage.browser == nil {
		t.Fatal("demo or browser did not start")
	}
	return stage.demo
}

func raise(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := demonstration{dir: dataDir(t), base: freePorts(t)}
	cmd := exec.Command(self, append([]string{program(t)}, d.arguments()...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), guarded+"="+d.dir, "SALLYPORT_DNS_RESOLVER="+nameServer(t)), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.out = until(t, stdout, "Ctrl-C")
	stage.demo, stage.alive, stage.browser = d, stdin, launch(t, filepath.Join(d.dir, "chromium"))
}

// guarded names the directory that a guard removes.
const guarded = "SALLYPORT_TEST_GUARDED"

// guard runs the demo for as long as our standard input is open, and then takes away what there was: tests that ran out
// of time end nothing themselves.
func guard(dir string, args []string) int {
	signal.Ignore(syscall.SIGINT)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end, too
	_ = cmd.Process.Signal(syscall.SIGTERM)
	err := cmd.Wait()
	for range 10 { // a browser that was killed may still be writing
		if os.RemoveAll(dir) == nil {
			break
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo ended with", err)
		return 1
	}
	return 0
}

func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sallyport-story-")
	if err != nil {
		t.Fatal(err)
	}
	// The database may run as another user, who has to pass through.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func program(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
