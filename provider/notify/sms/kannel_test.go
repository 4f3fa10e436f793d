package sms_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const within = 30 * time.Second

// start runs a program of Kannel and gives its lines; it ends with the test.
func start(t *testing.T, path string, args ...string) <-chan string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Dir, c.Stdout, c.Stderr = t.TempDir(), w, w
	if err := c.Start(); err != nil {
		t.Fatalf("Kannel is a part of these tests: %v", err)
	}
	w.Close()
	lines, read := make(chan string, 10_000), make(chan struct{})
	go func() {
		defer close(read)
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			select {
			case lines <- s.Text():
			default: // nobody reads the log of a box
			}
		}
	}()
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		<-read
		r.Close()
	})
	return lines
}

// ports are free now; nobody holds them until they are taken.
func ports(t *testing.T, n int) (all []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		all = append(all, l.Addr().(*net.TCPAddr).Port)
	}
	return all
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// reach waits until somebody listens.
func reach(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("nobody listens at %s: %v", addr, err)
		}
	}
}

const kannelConfig = `group = core
admin-port = %[1]d
admin-interface = 127.0.0.1
admin-password = administrator
smsbox-port = %[2]d
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
port = %[3]d
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %[4]d
sendsms-interface = 127.0.0.1
white-list-regex = "^\\+47[0-9]{8}$"

group = sendsms-user
username = sallyport
password = "correct&horse"
max-messages = 10
concatenation = true

group = sms-service
keyword = default
text = none
`

// kannel is a gateway whose only network is a program that shows what it is given.
type kannel struct {
	sendsms string // address of its HTTP interface
	shown   <-chan string
}

func newKannel(t *testing.T) kannel {
	t.Helper()
	p := ports(t, 4)
	config := filepath.Join(t.TempDir(), "kannel.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, kannelConfig, p[0], p[1], p[2], p[3]), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "/usr/sbin/bearerbox", config)
	reach(t, local(p[1]))
	start(t, "/usr/sbin/smsbox", config)
	// The centre takes one client and would take a probe of the port for it.
	shown := start(t, "/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", fmt.Sprint(p[2]), "-m", "0", "1 2 text unused")
	reach(t, local(p[3]))
	return kannel{sendsms: "http://" + local(p[3]) + "/cgi-bin/sendsms", shown: shown}
}

var message = regexp.MustCompile(`Got message \d+: <(.*)>$`)

// next is the next line of a message that the network was given. A text with line breaks is as many lines: that is the
// protocol of this network, which has no other end of a message.
func (k kannel) next(t *testing.T) string {
	t.Helper()
	late := time.After(within)
	for {
		select {
		case line, running := <-k.shown:
			if !running {
				t.Fatal("fakesmsc has ended")
			}
			if found := message.FindStringSubmatch(line); found != nil {
				return found[1]
			}
		case <-late:
			t.Fatal("no text came")
		}
	}
}

func (k kannel) lines(t *testing.T, n int) string {
	t.Helper()
	all := make([]string, n)
	for i := range all {
		all[i] = k.next(t)
	}
	return strings.Join(all, "\n")
}
