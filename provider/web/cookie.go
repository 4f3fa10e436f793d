package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

// Cookies reads and writes cookies: encrypted, authenticated, bound to their name, and locked to this host by
// the __Host- prefix (RFC 6265bis, 4.1.3.2), which keeps neighbours under the same domain from planting one.
type Cookies struct {
	store  *sessions.CookieStore
	prefix string
	secure bool
}

const valueKey = "v"

func newCookies(public *url.URL, keys [][]byte) *Cookies {
	if len(keys) == 0 || len(keys)%2 != 0 {
		panic("web: cookie keys come in pairs")
	}
	for i, key := range keys {
		if want := []int{64, 32}[i%2]; len(key) != want {
			panic(fmt.Sprintf("web: cookie key %d has %d bytes, not %d", i, len(key), want))
		}
	}
	c := &Cookies{store: sessions.NewCookieStore(keys...), prefix: "__Host-", secure: true}
	// Rows on the server decide expiry; securecookie's own clock, thirty days by default, would cut cookies short.
	c.store.MaxAge(0)
	if public.Scheme == "http" && loopback(public.Hostname()) {
		// Browsers refuse the prefix without Secure, and some refuse Secure on plain loopback: the demo.
		c.prefix, c.secure = "", false
	}
	return c
}

// Get returns the value of a cookie, and "" when it is absent, malformed, tampered with or sealed by
// another key or for another name.
func (c *Cookies) Get(r *http.Request, name string) string {
	session, err := c.store.New(r, c.prefix+name)
	if err != nil {
		return ""
	}
	value, _ := session.Values[valueKey].(string)
	return value
}

// Set sends a cookie that the browser keeps for maxAge, rounded up to a second, or until it closes when maxAge
// is 0. It replaces one of the same name set earlier in this answer; it fails on a value of several kilobytes.
func (c *Cookies) Set(w http.ResponseWriter, r *http.Request, name, value string, maxAge time.Duration) error {
	session := sessions.NewSession(c.store, c.prefix+name)
	session.Values[valueKey] = value
	session.Options = c.options(int((maxAge + time.Second - 1) / time.Second))
	c.forget(w, name)
	if err := c.store.Save(r, w, session); err != nil {
		return fmt.Errorf("seal cookie %s: %w", name, err)
	}
	return nil
}

// Clear tells the browser to drop a cookie, in place of any Set of that name in this answer.
func (c *Cookies) Clear(w http.ResponseWriter, _ *http.Request, name string) {
	c.forget(w, name)
	http.SetCookie(w, sessions.NewCookie(c.prefix+name, "", c.options(-1)))
}

func (c *Cookies) options(maxAge int) *sessions.Options {
	return &sessions.Options{Path: "/", MaxAge: maxAge, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// forget keeps one Set-Cookie per name in an answer (RFC 6265, 4.1.1).
func (c *Cookies) forget(w http.ResponseWriter, name string) {
	h := w.Header()
	kept := slices.DeleteFunc(slices.Clone(h["Set-Cookie"]), func(line string) bool {
		return strings.HasPrefix(line, c.prefix+name+"=")
	})
	h.Del("Set-Cookie")
	for _, line := range kept {
		h.Add("Set-Cookie", line)
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
