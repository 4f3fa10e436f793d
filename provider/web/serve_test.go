package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sallyport/provider/web"
)

// start serves h on a loopback port until stop is called; ended yields what Serve returned.
func start(t *testing.T, h http.HandlerFunc, change ...func(*web.ServerConfig)) (addr string, stop func(), ended chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := web.ServerConfig{Listener: listener, Handler: h, Log: (&journal{}).logger(), Now: newClock().Now}
	for _, c := range change {
		c(&config)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() { ended <- web.Serve(ctx, config) }()
	t.Cleanup(cancel)
	return listener.Addr().String(), cancel, ended
}

// refused waits until the address takes no more connections.
func refused(t *testing.T, addr string) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
		if t.Context().Err() != nil {
			t.Fatal("still accepting")
		}
	}
}

func TestShutdownFinishesRequestsInFlight(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	addr, stop, ended := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		if r.Context().Err() != nil {
			t.Error("the request was cancelled")
		}
		io.WriteString(w, "finished")
	})
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	<-entered
	stop()
	refused(t, addr)
	select {
	case err := <-ended:
		t.Fatalf("ended with a request in flight: %v", err)
	default:
	}
	close(release)
	if got := <-answer; got != "finished" {
		t.Errorf("answer %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestShutdownCutsWhatOutlivesTheGrace(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	addr, stop, ended := start(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}, func(c *web.ServerConfig) { c.Grace = time.Millisecond })
	cut := make(chan error, 1)
	go func() {
		_, err := http.Get("http://" + addr)
		cut <- err
	}()
	<-entered
	stop()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "still in flight") {
		t.Errorf("serve: %v", err)
	}
	if err := <-cut; err == nil {
		t.Error("the request was answered")
	}
}

func TestHeaderOverTheLimitIs431(t *testing.T) {
	t.Parallel()
	addr, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) { c.MaxHeader = 1024 })
	r, err := http.NewRequest("GET", "http://"+addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Large", strings.Repeat("a", 8192))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("status %d", res.StatusCode)
	}
}

func TestSlowHeaderIsCutOff(t *testing.T) {
	t.Parallel()
	addr, _, _ := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) { c.ReadTimeout = 20 * time.Millisecond })
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a\r\n")
	// Returns only because the server gives up; without its limit this test hangs until it is killed.
	if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && !strings.Contains(line, "408") {
		t.Fatalf("answer %q", line)
	}
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	t.Parallel()
	_, _, ended := start(t, func(http.ResponseWriter, *http.Request) {}, func(c *web.ServerConfig) { c.Listener.Close() })
	if err := <-ended; err == nil {
		t.Fatal("no error")
	}
}
