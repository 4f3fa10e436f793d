package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demonstration is the demo, run as a visitor runs it: the binary, in a process of its own.
type demonstration struct {
	dir  string
	base int
	out  string
}

// startDemo runs one of its own, and sees it end in order.
func startDemo(t *testing.T) demonstration {
	t.Helper()
	d, path := demonstration{dir: dataDir(t), base: freePorts(t)}, program(t)
	t.Cleanup(func() { os.RemoveAll(d.dir) })
	cmd := exec.Command(path, d.arguments()...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("demo ended with %v", err)
		}
	})
	d.out = until(t, stdout, "Ctrl-C")
	return d
}

func (d demonstration) arguments() []string {
	return []string{"demo", "--port-base", fmt.Sprint(d.base), "--fresh", "--data-dir", filepath.Join(d.dir, "data")}
}

// until reads the terminal up to the line that says the demo is ready.
func until(t *testing.T, r io.Reader, word string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
			}
		}
	}()
	var all strings.Builder
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("demo ended early:\n%s", all.String())
			}
			all.WriteString(line + "\n")
			if strings.Contains(line, word) {
				return all.String()
			}
		case <-ctx.Done():
			t.Fatalf("demo is not ready:\n%s", all.String())
		}
	}
}

// freePorts finds four neighbouring ports that nobody uses; other tests that run now begin to look elsewhere.
func freePorts(t *testing.T) int {
	t.Helper()
	for i := range 1000 {
		base := 18080 + (os.Getpid()+i)%1000*10
		free := true
		for port := base; port < base+4; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

func (d demonstration) app() string { return fmt.Sprintf("http://localhost:%d/", d.base+1) }

func (d demonstration) entra(path string) string {
	return fmt.Sprintf("http://localhost:%d%s", d.base+2, path)
}

func (d demonstration) provider(path string) string {
	return fmt.Sprintf("http://localhost:%d%s", d.base, path)
}
