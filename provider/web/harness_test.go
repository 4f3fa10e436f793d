package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"sallyport/provider/web"
)

// clock moves by a millisecond whenever it is read.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// journal is a log that tests read back.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// last returns the last line as JSON.
func (j *journal) last(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(j.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("last log line %q: %v", lines[len(lines)-1], err)
	}
	return line
}

type bundle struct {
	*web.Edge
	clock   *clock
	log     *journal
	handler http.Handler
}

type option func(*web.Config)

func publicURL(raw string) option {
	return func(c *web.Config) { c.PublicURL = mustURL(raw) }
}

func proxies(prefixes ...string) option {
	return func(c *web.Config) {
		for _, p := range prefixes {
			c.TrustedProxies = append(c.TrustedProxies, netip.MustParsePrefix(p))
		}
	}
}

func mustURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}

func keys(seed byte) [][]byte {
	return [][]byte{bytes.Repeat([]byte{seed}, 64), bytes.Repeat([]byte{seed + 1}, 32)}
}

// setup mounts routes on an edge at https://id.example.com.
func setup(t *testing.T, routes []web.Route, options ...option) bundle {
	t.Helper()
	b := bundle{clock: newClock(), log: &journal{}}
	config := web.Config{
		PublicURL: mustURL("https://id.example.com"), Log: b.log.logger(), Now: b.clock.Now,
		MaxBody: 1024, CookieKeys: keys(1),
	}
	for _, o := range options {
		o(&config)
	}
	b.Edge = web.New(config)
	router := mux.NewRouter()
	b.Mount(router, routes)
	b.handler = b.Handler(router)
	return b
}

func (b bundle) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// request is addressed to the public host; headers are name, value, name, value.
func request(method, target, body string, headers ...string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Host = "id.example.com"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func get(target string, headers ...string) *http.Request {
	return request(http.MethodGet, target, "", headers...)
}

func post(target, body string, headers ...string) *http.Request {
	return request(http.MethodPost, target, body, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// route is one row at /x that answers with h.
func route(access web.Access, h web.HandlerFunc, methods ...string) []web.Route {
	if len(methods) == 0 {
		methods = []string{http.MethodGet, http.MethodPost}
	}
	return []web.Route{{Methods: methods, Path: "/x", Access: access, Handler: h}}
}

func write(text string) web.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func returning(err error) web.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d; body: %s", w.Code, status, w.Body)
	}
}
