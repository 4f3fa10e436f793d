// Package demo shows Sallyport to somebody who has nothing set up: a provider with three tenants and people in every
// situation, an application to sign in to, a simulated Entra whose people the tenants let in, and an inbox for the mails and
// texts that are sent, on loopback addresses.
//
// It owns the demo's directory and what is in it. Its people have passwords that everybody can read here, so it
// keeps to loopback and to a database of its own, whatever the configuration says. Only package main calls it.
//
// Dependencies: golang.org/x/sync's errgroup: the first part that ends takes the others along.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"sallyport/cmd/sallyport/config"
	"sallyport/cmd/sallyport/demo/app"
	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/cmd/sallyport/demo/inbox"
	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/web"
)

// Options say where and how.
type Options struct {
	PortBase int    // the provider's port; the application, the simulated Entra and the inbox have the next ones
	Fresh    bool   // forget earlier runs
	DataDir  string // the parent of the demo's directory; "" is the data_dir of the defaults
	Program  string // how this program was called, for the commands that a visitor is shown
	Env      []string
	Out, Err io.Writer
	Now      func() time.Time
}

// host is the only interface the demo listens on.
const host = "127.0.0.1"

// Run shows the demo until ctx ends.
func Run(ctx context.Context, o Options) (err error) {
	d, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.instance.Close(ctx)) }()
	if err := d.seed(ctx); err != nil {
		return fmt.Errorf("prepare the demo: %w", err)
	}
	parts, err := d.parts()
	if err != nil {
		return err
	}
	group, all := errgroup.WithContext(ctx)
	for _, c := range parts {
		group.Go(func() error { return web.Serve(all, c) })
	}
	group.Go(func() error { return d.inbox.Serve(all) })
	group.Go(func() error { return d.instance.Serve(all, func(net.Addr) { d.welcome() }) })
	return group.Wait()
}

// parts are what stands around the provider, each listening already.
func (d *demo) parts() (all []web.ServerConfig, err error) {
	upstream, err := entra.New(entra.Config{Self: origin(d.PortBase + 2), Party: origin(d.PortBase), Secret: d.state.EntraSecret, Log: d.instance.Log, Now: d.Now})
	if err != nil {
		return nil, err
	}
	application := app.New(app.Config{Issuer: origin(d.PortBase), Self: origin(d.PortBase + 1), ClientID: clientID,
		Secret: d.state.ClientSecret, Tenants: tenants(), Codes: d.codes, Log: d.instance.Log, Now: d.Now})
	for i, h := range []http.Handler{application, upstream, d.inbox.Handler()} {
		l, failed := listen(d.PortBase + 1 + i)
		if failed != nil {
			for _, c := range all {
				failed = errors.Join(failed, c.Listener.Close())
			}
			return nil, failed
		}
		all = append(all, web.ServerConfig{Listener: l, Handler: h, Log: d.instance.Log, Now: d.Now})
	}
	return all, nil
}

type demo struct {
	Options
	state    state
	keep     func(state) error
	instance *instance.Instance
	inbox    *inbox.Inbox
}

func open(ctx context.Context, o Options) (*demo, error) {
	c, err := o.settings()
	if err != nil {
		return nil, err
	}
	if o.Fresh {
		if err := forget(c.DataDir); err != nil {
			return nil, err
		}
	}
	fmt.Fprintln(o.Out, "Starting …")
	log := instance.NewLog(config.Log{Level: "error", Format: "text"}, o.Err)
	slog.SetDefault(log) // for libraries that know no other
	mails, err := inbox.Open(origin(o.PortBase), log, o.Now)
	if err != nil {
		return nil, err
	}
	o.deliver(&c, mails)
	// The database before the state: its lock on the directory keeps a second demo from it.
	i, err := instance.Open(ctx, instance.Options{Config: c, Now: o.Now, Alone: true, Log: log})
	if err != nil {
		return nil, errors.Join(err, mails.Close())
	}
	d := &demo{Options: o, instance: i, inbox: mails}
	if d.state, err = remember(c.DataDir); err == nil {
		err = describe(c)
	}
	if err != nil {
		return nil, errors.Join(err, mails.Close(), i.Close(ctx))
	}
	d.keep = func(s state) error { return s.save(c.DataDir) }
	return d, nil
}

func listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("%w; another --port-base moves the demo", err)
	}
	return l, nil
}

func origin(port int) string { return "http://localhost:" + strconv.Itoa(port) }
