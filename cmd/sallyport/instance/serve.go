package instance

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	"sallyport/provider"
	"sallyport/provider/domain"
	"sallyport/provider/gate"
	"sallyport/provider/notify"
	"sallyport/provider/notify/delivery"
	"sallyport/provider/outbound"
	"sallyport/provider/web"
	"sallyport/storage/audit"
	"sallyport/storage/purge"
)

// Serve answers on config's listen address and works off jobs until ctx ends or a part of it fails. Then it stops
// accepting, finishes the requests in hand, and stops the workers last: what a request enqueued may still be done.
// ready is called once, when connections are accepted; the caller closes the instance.
func (i *Instance) Serve(ctx context.Context, ready func(net.Addr)) error {
	post, err := i.post()
	if err != nil {
		return err
	}
	p, err := i.provider(ctx, post)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", i.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ready(listener.Addr())
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, front := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer stop()
		return web.Serve(front, i.server(listener, p))
	})
	group.Go(func() error { return i.work(background, post) })
	group.Go(func() error { return i.database.lost(front) })
	group.Go(func() error {
		i.Store.Listen(background, p.Changed)
		return nil
	})
	return group.Wait()
}

func (i *Instance) provider(ctx context.Context, post post) (*provider.Provider, error) {
	sealer, err := i.Sealer()
	if err != nil {
		return nil, err
	}
	public, err := url.Parse(i.Config.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("read public_url: %w", err)
	}
	c := i.Config
	return provider.New(ctx, provider.Config{
		PublicURL: public, Store: i.Store, Seal: sealer, Log: i.Log, Now: i.Now,
		TrustedProxies: c.TrustedProxies, MaxBody: int64(c.Limits.Body), Hasher: i.Hasher(),
		Lives: gate.Lives{Code: c.Tokens.Code, Access: c.Tokens.Access,
			RefreshIdle: c.Tokens.RefreshIdle, RefreshAbsolute: c.Tokens.RefreshAbsolute},
		IDTokenLife: c.Tokens.IDToken, AttemptLife: c.Attempt.Lifetime, Texts: post.texts != nil,
		Outbound: outbound.New(outbound.Config{Allow: c.Outbound.Allow}), Domains: i.Domains(),
	})
}

func (i *Instance) server(l net.Listener, p *provider.Provider) web.ServerConfig {
	limits := i.Config.Limits
	return web.ServerConfig{
		Listener: l, Handler: p, TLSCertFile: i.Config.TLS.CertFile, TLSKeyFile: i.Config.TLS.KeyFile,
		ReadTimeout: limits.ReadTimeout, WriteTimeout: limits.WriteTimeout, IdleTimeout: limits.IdleTimeout,
		MaxHeader: limits.Header, Grace: limits.ShutdownGrace, Log: i.Log, Now: i.Now,
	}
}

func (i *Instance) work(ctx context.Context, post post) error {
	defer post.close()
	workers := river.NewWorkers()
	messages := &notify.Consumer{Store: i.Store, Outbox: post.outbox, Now: i.Now}
	river.AddWorker(workers, &audit.FanOutWorker{Store: i.Store, Consumers: []audit.Consumer{i.announce, messages.Hear}})
	river.AddWorker(workers, &delivery.Worker{Store: i.Store, Seal: post.outbox.Seal, Mail: post.mail, SMS: post.texts,
		Host: post.outbox.PublicURL.Hostname(), Now: i.Now})
	river.AddWorker(workers, &purge.Worker{Store: i.Store, Now: i.Now})
	river.AddWorker(workers, &domain.Worker{Checker: i.Domains(), Log: i.Log})
	err := i.Store.Work(ctx, i.Log, workers, []*river.PeriodicJob{purge.Hourly(), domain.RecheckDaily()})
	if ctx.Err() != nil {
		return nil // stopped while it was starting: that is no failure
	}
	return err
}

// Domains looks at the DNS as the configuration says.
func (i *Instance) Domains() domain.Checker {
	return domain.Checker{Store: i.Store, Resolver: domain.Resolver(i.Config.DNS.Resolver), Now: i.Now}
}
