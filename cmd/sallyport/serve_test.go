package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// freePort is one that nobody had a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// server is a running `sallyport serve`.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	logs chan map[string]any
	took time.Duration // until it accepted connections
}

func (c command) serve(port int) *server {
	c.t.Helper()
	s := &server{t: c.t, url: fmt.Sprintf("http://localhost:%d", port), logs: make(chan map[string]any, 1000)}
	c.env = append(c.env, "SALLYPORT_PUBLIC_URL="+s.url, fmt.Sprintf("SALLYPORT_LISTEN=127.0.0.1:%d", port))
	s.cmd = c.prepare(context.Background(), "serve")
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { s.cmd.Process.Kill() })
	go s.read(stderr)
	s.wait(func(line map[string]any) bool { return line["msg"] == "serving" })
	s.took = time.Since(began)
	return s
}

func (s *server) read(r io.Reader) {
	defer close(s.logs)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := map[string]any{}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			line["msg"] = lines.Text()
		}
		s.logs <- line
	}
}

// wait takes lines of the log up to the one that is wanted.
func (s *server) wait(wanted func(map[string]any) bool) {
	s.t.Helper()
	end, seen := time.After(time.Minute), []map[string]any{}
	for {
		select {
		case line, open := <-s.logs:
			if !open {
				s.t.Fatalf("serve ended: %v", seen)
			}
			if seen = append(seen, line); wanted(line) {
				return
			}
		case <-end:
			s.t.Fatalf("the log does not say it: %v", seen)
		}
	}
}

func (s *server) status(path string) int {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// stop sends the signal and returns the exit code, -1 for an end by signal.
func (s *server) stop(with syscall.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(with); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait() // the state tells
	return s.cmd.ProcessState.ExitCode()
}

func TestServeIsReadySoonAndStopsInOrder(t *testing.T) {
	c, _ := beside(t)
	s := c.serve(freePort(t))
	t.Logf("ready on a migrated database after %v, the first time with new keys", s.took.Round(time.Millisecond))
	if got := s.status("/readyz"); got != http.StatusOK {
		t.Errorf("readyz: %d", got)
	}
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	s = c.serve(freePort(t))
	t.Logf("ready on a migrated database after %v", s.took.Round(time.Millisecond))
	if code := s.stop(syscall.SIGINT); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestCommandsJoinTheDatabaseOfARunningServer(t *testing.T) {
	c := alone(t)
	c.must("admin", "tenant", "add", "before") // without a server
	port := freePort(t)
	s := c.serve(port)
	c.must("admin", "tenant", "add", "beside")
	c.must("admin", "policy", "set", "--tenant", "beside", "--second-factor", "required")
	s.wait(func(line map[string]any) bool {
		return line["msg"] == "security event" && line["kind"] == "policy.changed"
	})
	refused(c, "in use", "serve")
	refused(c, "stop the running sallyport", "keys", "rotate")
	c.must("keys", "rotate", "--no-sealing", "--signing")

	if code := s.stop(syscall.SIGKILL); code != -1 {
		t.Fatalf("exit %d", code)
	}
	again := c.serve(port)
	out := c.must("admin", "tenant", "list")
	if !strings.Contains(out, "before") || !strings.Contains(out, "beside") {
		t.Errorf("committed before kill -9 and lost:\n%s", out)
	}
	if code := again.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := c.must("admin", "tenant", "list"); !strings.Contains(out, "beside") {
		t.Errorf("after the server:\n%s", out)
	}
}

func refused(c command, why string, args ...string) {
	c.t.Helper()
	c.env = append(c.env, "SALLYPORT_PUBLIC_URL=http://localhost:1", "SALLYPORT_LISTEN=127.0.0.1:0")
	if _, problems, code := c.try("", args...); code != 1 || !strings.Contains(problems, why) {
		c.t.Errorf("%v: exit %d: %s", args, code, problems)
	}
}
