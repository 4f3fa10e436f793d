package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"

	"sallyport/cmd/sallyport/admin"
	"sallyport/cmd/sallyport/demo"
	"sallyport/cmd/sallyport/instance"
)

// commands is the grammar.
type commands struct {
	File string `name:"config" env:"SALLYPORT_CONFIG" placeholder:"FILE" help:"Configuration file; ./config.yaml where it is there."`

	Serve   serve   `cmd:"" help:"Run the provider and its workers."`
	Migrate migrate `cmd:"" help:"Bring the database's schema up to date."`
	Demo    trial   `cmd:"" help:"Try it out: a provider with people, an application to sign in to, and a simulated Entra."`
	Config  struct {
		Check check `cmd:"" help:"Report everything that is wrong with the configuration."`
	} `cmd:"" help:"The configuration."`
	Keys struct {
		Rotate rotate `cmd:"" help:"Make new keys and put them into use."`
	} `cmd:"" help:"Sealing and signing keys."`
	Admin   admin.Commands `cmd:"" help:"Tenants, users, applications, policies, record."`
	Version version        `cmd:"" help:"Print the version."`
}

type serve struct{}

func (serve) Run(ctx context.Context, t *terminal) (err error) {
	c, _, err := t.load()
	if err == nil {
		err = c.Servable()
	}
	if err != nil {
		return err
	}
	log := instance.NewLog(c.Log, t.err)
	slog.SetDefault(log) // for libraries that know no other
	i, err := instance.Open(ctx, instance.Options{Config: c, Log: log, Now: t.now, Alone: true})
	if err != nil {
		return err
	}
	begun := t.now()
	defer func() {
		if e := i.Close(ctx); err == nil {
			err = e
		}
		log.Info("stopped", slog.Duration("up", t.now().Sub(begun)))
	}()
	return i.Serve(ctx, func(a net.Addr) {
		log.Info("serving", slog.String("listen", a.String()), slog.String("public_url", c.PublicURL), slog.String("version", release()))
	})
}

type migrate struct{}

func (migrate) Run(ctx context.Context, t *terminal) error {
	o, err := t.options()
	if err != nil {
		return err
	}
	if err := instance.Migrate(ctx, o); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, "the schema is up to date")
	return err
}

type check struct {
	Print bool `help:"Print the settings in effect, secrets left out."`
}

func (c check) Run(t *terminal) error {
	settings, path, err := t.load()
	if err == nil {
		err = settings.Servable()
	}
	if err != nil {
		return err
	}
	if c.Print {
		_, err = fmt.Fprint(t.out, settings)
		return err
	}
	if path == "" {
		path = "no file, defaults and environment"
	}
	_, err = fmt.Fprintf(t.out, "configuration is fine (%s)\n", path)
	return err
}

type trial struct {
	PortBase int    `default:"8080" help:"First of the ports on the loopback address: provider, application, simulated Entra, inbox."`
	Fresh    bool   `help:"Forget what earlier runs left."`
	DataDir  string `type:"path" placeholder:"DIR" help:"Where the demo keeps its data, in a directory demo; the data_dir of the configuration's defaults if empty."`
}

func (c trial) Run(ctx context.Context, t *terminal) error {
	return demo.Run(ctx, demo.Options{PortBase: c.PortBase, Fresh: c.Fresh, DataDir: c.DataDir,
		Program: os.Args[0], Env: t.env, Out: t.out, Err: t.err, Now: t.now})
}

type version struct{}

func (version) Run(t *terminal) error {
	_, err := fmt.Fprintf(t.out, "sallyport %s %s %s/%s\n", release(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// release is the version control's word, which nobody has to remember to update.
func release() string {
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		return build.Main.Version
	}
	return "unknown"
}
