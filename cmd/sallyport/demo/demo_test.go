package demo_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/cmd/sallyport/demo"
)

func refused(t *testing.T, o demo.Options, why string) {
	t.Helper()
	o.Out, o.Err, o.Now = io.Discard, io.Discard, time.Now
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	if err := demo.Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("%+v: %v, want %q", o, err, why)
	}
}

func TestDemoListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:8080", ":8080", "192.0.2.1:8080", "[::]:8080", "example.com:8080"} {
		refused(t, demo.Options{PortBase: 8080, Env: []string{"HOME=/", "SALLYPORT_LISTEN=" + listen}}, "loopback only")
	}
}

func TestDemoNeedsFourPorts(t *testing.T) {
	t.Parallel()
	for _, base := range []int{0, 80, 65533, 70000} {
		refused(t, demo.Options{PortBase: base, Env: []string{"HOME=/"}}, "--port-base")
	}
}

func TestFreshLeavesAloneWhatTheDemoDidNotMake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "demo", "thesis.txt")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, demo.Options{PortBase: 8080, Fresh: true, DataDir: dir, Env: []string{"HOME=/"}}, "not made by the demo")
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
