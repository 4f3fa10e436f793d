package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/provider/web"
)

// issue sets a cookie and returns it as the browser stores it.
func issue(t *testing.T, c *web.Cookies, name, value string, maxAge time.Duration) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := c.Set(w, get("/"), name, value, maxAge); err != nil {
		t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	return cookies[0]
}

func with(cookies ...*http.Cookie) *http.Request {
	r := get("/")
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

func TestCookieIsLockedToTheHost(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := issue(t, b.Cookies, "session", "handle", 90*time.Second)
	if c.Name != "__Host-session" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 90 {
		t.Errorf("cookie %+v", c)
	}
	if strings.Contains(c.Value, "handle") {
		t.Errorf("readable value %s", c.Value)
	}
	if got := b.Cookies.Get(with(c), "session"); got != "handle" {
		t.Errorf("value %q", got)
	}
}

func TestCookieOnPlainLoopbackHasNoPrefix(t *testing.T) {
	t.Parallel()
	for raw, plain := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"https://localhost": false, "http://id.example.com": false, "http://localhost.evil.example": false,
	} {
		b := setup(t, nil, publicURL(raw))
		c := issue(t, b.Cookies, "session", "handle", 0)
		if (c.Name == "session") != plain || c.Secure == plain || !c.HttpOnly || c.MaxAge != 0 {
			t.Errorf("%s: %+v", raw, c)
		}
		if got := b.Cookies.Get(with(c), "session"); got != "handle" {
			t.Errorf("%s: value %q", raw, got)
		}
	}
}

func TestCookieWithAnyBitFlippedIsNone(t *testing.T) {
	t.Parallel()
	cookies := setup(t, nil).Cookies
	c := issue(t, cookies, "session", "handle", time.Hour)
	raw, err := base64.URLEncoding.DecodeString(c.Value)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		c.Value = base64.URLEncoding.EncodeToString(raw)
		if got := cookies.Get(with(c), "session"); got != "" {
			t.Fatalf("bit %d: %q", i, got)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

// aged seals a cookie again as if it had been made at another time, with the key of setup.
func aged(t *testing.T, c *http.Cookie, at time.Time) *http.Cookie {
	t.Helper()
	raw, err := base64.URLEncoding.DecodeString(c.Value)
	if err != nil {
		t.Fatal(err)
	}
	value := strings.Split(string(raw), "|")[1]
	signed := fmt.Sprintf("%d|%s", at.Unix(), value)
	mac := hmac.New(sha256.New, keys(1)[0])
	mac.Write([]byte(c.Name + "|" + signed))
	sealed := mac.Sum([]byte(signed + "|"))
	return &http.Cookie{Name: c.Name, Value: base64.URLEncoding.EncodeToString(sealed)}
}

func TestCookieHasNoExpiryOfItsOwn(t *testing.T) {
	t.Parallel()
	cookies := setup(t, nil).Cookies
	c := issue(t, cookies, "session", "handle", 400*24*time.Hour)
	for _, year := range []int{1971, 2020, 2300} {
		if got := cookies.Get(with(aged(t, c, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))), "session"); got != "handle" {
			t.Errorf("made in %d: %q", year, got)
		}
	}
}

func TestCookieThatIsNotOursIsNone(t *testing.T) {
	t.Parallel()
	ours, theirs := setup(t, nil), setup(t, nil, func(c *web.Config) { c.CookieKeys = keys(7) })
	good := issue(t, ours.Cookies, "attempt", "handle", time.Hour)
	for name, c := range map[string]*http.Cookie{
		"foreign key":   issue(t, theirs.Cookies, "session", "handle", time.Hour),
		"other name":    {Name: "__Host-session", Value: good.Value},
		"no prefix":     {Name: "session", Value: issue(t, ours.Cookies, "session", "handle", 0).Value},
		"empty":         {Name: "__Host-session"},
		"text":          {Name: "__Host-session", Value: "handle"},
		"cut":           {Name: "__Host-session", Value: good.Value[:20]},
		"huge":          {Name: "__Host-session", Value: strings.Repeat("QUFB", 5000)},
		"only a number": {Name: "__Host-session", Value: base64.URLEncoding.EncodeToString([]byte("1||"))},
	} {
		if got := ours.Cookies.Get(with(c), "session"); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := ours.Cookies.Get(get("/"), "session"); got != "" {
		t.Errorf("absent: %q", got)
	}
}

func TestCookieKeysRotate(t *testing.T) {
	t.Parallel()
	before := setup(t, nil)
	c := issue(t, before.Cookies, "session", "handle", time.Hour)
	after := setup(t, nil, func(c *web.Config) { c.CookieKeys = append(keys(9), keys(1)...) })
	if got := after.Cookies.Get(with(c), "session"); got != "handle" {
		t.Errorf("old key: %q", got)
	}
	c = issue(t, after.Cookies, "session", "handle", time.Hour)
	if got := before.Cookies.Get(with(c), "session"); got != "" {
		t.Errorf("sealed with the old key: %q", got)
	}
}

func TestCookieTooLongIsAnError(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if err := setup(t, nil).Cookies.Set(w, get("/"), "session", strings.Repeat("a", 5000), 0); err == nil || w.Header().Get("Set-Cookie") != "" {
		t.Fatalf("error %v, header %v", err, w.Header())
	}
}

func TestLastWordOnACookieWins(t *testing.T) {
	t.Parallel()
	cookies, w := setup(t, nil).Cookies, httptest.NewRecorder()
	for _, name := range []string{"session", "session-2", "session"} {
		if err := cookies.Set(w, get("/"), name, "handle", 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Header()["Set-Cookie"]; len(got) != 2 {
		t.Fatalf("cookies %v", got)
	}
	cookies.Clear(w, get("/"), "session")
	got := w.Result().Cookies()
	if len(got) != 2 || got[0].Name != "__Host-session-2" || got[1].Name != "__Host-session" || got[1].MaxAge >= 0 || got[1].Value != "" || !got[1].Secure || got[1].Path != "/" {
		t.Fatalf("cookies %v", got)
	}
}
