package entra

import (
	"crypto/rand"
	"sync"
	"time"
)

// grant is what a code stands for: who signed in, and what the visitor said about it.
type grant struct {
	authority string
	directory Directory
	person    Person
	request   request
	mfa       bool
	contexts  []string
	at        time.Time // of the sign-in
	issued    time.Time // of the code
}

// A code that nobody fetched is of no use for long, and memory is not for whoever asks for pages.
const (
	lifetime = 10 * time.Minute
	most     = 1000
)

type codes struct {
	mu  sync.Mutex
	all map[string]grant
}

func (c *codes) keep(g grant, now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= most {
		clear(c.all)
	}
	code := rand.Text()
	g.issued = now
	c.all[code] = g
	return code
}

// take gives a code's grant once (RFC 6749, 4.1.2).
func (c *codes) take(code string, now time.Time) (grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.all[code]
	delete(c.all, code)
	return g, ok && now.Sub(g.issued) < lifetime
}
