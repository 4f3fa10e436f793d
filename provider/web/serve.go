package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServerConfig is what Serve needs: Listener, Handler, Log and Now are required, both TLS files or none; the
// rest has a default where it is 0.
type ServerConfig struct {
	Listener    net.Listener
	Handler     http.Handler
	TLSCertFile string
	TLSKeyFile  string
	// ReadTimeout bounds a request with its body; default 15 s, of which the header has at most ten.
	ReadTimeout time.Duration
	// WriteTimeout bounds the answer; default 60 s.
	WriteTimeout time.Duration
	// IdleTimeout bounds the silence between two requests of a connection; default 120 s.
	IdleTimeout time.Duration
	// MaxHeader bounds the header in bytes; default 32 KiB.
	MaxHeader int
	// Grace is what requests in flight get to finish when ctx ends; default 20 s.
	Grace time.Duration
	Log   *slog.Logger
	Now   func() time.Time
}

// Serve answers on the listener until ctx ends; then it stops accepting, lets requests in flight finish for
// Grace and returns nil, or an error if some did not. It closes the listener in every case.
func Serve(ctx context.Context, c ServerConfig) error {
	// Not every early return below reaches the server, which closes it otherwise; closing twice is harmless.
	defer c.Listener.Close()
	server := newServer(c)
	serve := server.Serve
	if c.TLSCertFile != "" || c.TLSKeyFile != "" {
		config, err := transport(c)
		if err != nil {
			return err
		}
		server.TLSConfig = config
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(c.Listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return shutdown(ctx, server, cmp.Or(c.Grace, 20*time.Second))
	}
}

func newServer(c ServerConfig) *http.Server {
	read := cmp.Or(c.ReadTimeout, 15*time.Second)
	return &http.Server{
		Handler:           c.Handler,
		ReadTimeout:       read,
		ReadHeaderTimeout: min(read, 10*time.Second),
		WriteTimeout:      cmp.Or(c.WriteTimeout, 60*time.Second),
		IdleTimeout:       cmp.Or(c.IdleTimeout, 120*time.Second),
		MaxHeaderBytes:    cmp.Or(c.MaxHeader, 32<<10),
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
}

func transport(c ServerConfig) (*tls.Config, error) {
	pair := &certificate{certFile: c.TLSCertFile, keyFile: c.TLSKeyFile, log: c.Log, now: c.Now}
	if err := pair.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.current}, nil
}

// shutdown does not use ctx's end for its own: requests in flight are owed their grace.
func shutdown(ctx context.Context, server *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("shut down: requests still in flight after %s: %w", grace, err), server.Close())
	}
	return nil
}
