package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a key pair on disk, read again when its files change, so that renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]stamp
	checked time.Time
}

// stamp tells one version of a file from the next.
type stamp struct {
	modified time.Time
	size     int64
}

// current is tls.Config.GetCertificate. It looks at the files at most once a second; a pair that cannot be
// read, or is half replaced, leaves the old one in use.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.checked) < time.Second {
		return c.pair, nil
	}
	c.checked = now
	if c.stamps() != c.seen {
		if err := c.load(); err != nil {
			c.log.Error("keep the old certificate", "error", err.Error())
		}
	}
	return c.pair, nil
}

// load remembers the stamps before it reads: a file written in between is read once more. A broken pair
// is logged once and tried again when either file changes.
func (c *certificate) load() error {
	c.seen = c.stamps()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("load certificate %s: %w", c.certFile, err)
	}
	c.pair = &pair
	return nil
}

// stamps of a file that cannot be seen are zero, which differs from any that can.
func (c *certificate) stamps() (s [2]stamp) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return s
}
