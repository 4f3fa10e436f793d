// Command sallyport is the OpenID Connect provider: server, workers, migrations, administration and demo in one binary.
//
// It owns the command line: the grammar, where the configuration file is looked for, how an error becomes one line
// and an exit code. What a command does is in its package: instance, admin, demo.
//
// Dependency: alecthomas/kong. The grammar is a tree of structs beside the code that runs, parsed strictly, with
// help that cannot drift from it. The standard flag package has no subcommands; cobra brings three times the code
// and registers by side effect; kong has no dependencies of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"sallyport/cmd/sallyport/admin"
	"sallyport/cmd/sallyport/config"
	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa/policy"
	"sallyport/provider/client"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
)

// Exit codes.
const (
	failed = 1
	misuse = 2 // of the command line or the configuration
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// The first signal asks for an orderly end; the second finds the default action and ends us at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var c commands
	parser, err := kong.New(&c, kong.Name("sallyport"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("A self-hosted, multi-tenant OpenID Connect provider whose second factor is the product."))
	if err != nil {
		return complain(os.Stderr, err, failed)
	}
	command, err := parser.Parse(args)
	if err != nil {
		return complain(os.Stderr, fmt.Errorf("%w; see sallyport --help", err), misuse)
	}
	t := &terminal{config: c.File, env: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(t, t.desk())
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return complain(os.Stderr, errors.New("interrupted"), failed)
	}
	return complain(os.Stderr, err, code(err))
}

// complain prints each problem on one line of its own, whatever an error brought along.
func complain(to io.Writer, err error, code int) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(to, "sallyport: "+strings.TrimRight(line, "\n"))
	}
	return code
}

func code(err error) int {
	var problems config.Errors
	var usage admin.Usage
	if errors.As(err, &problems) || errors.As(err, &usage) {
		return misuse
	}
	for _, e := range []error{tenant.ErrSlug, user.ErrEmail, user.ErrPassword, policy.ErrInvalid, client.ErrInvalid} {
		if errors.Is(err, e) {
			return misuse
		}
	}
	return failed
}

// terminal is the process's surroundings, as the commands see them.
type terminal struct {
	config   string
	env      []string
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

const usualConfig = "config.yaml"

// load reads the file of --config or SALLYPORT_CONFIG, or the usual one where it is, or none.
func (t *terminal) load() (config.Config, string, error) {
	path := t.config
	if path == "" {
		if _, err := os.Stat(usualConfig); err == nil {
			path = usualConfig
		}
	}
	c, err := config.Load(path, t.env)
	return c, path, err
}

// options are those of a command beside a server: it keeps its words to what went wrong.
func (t *terminal) options() (instance.Options, error) {
	c, _, err := t.load()
	if err != nil {
		return instance.Options{}, err
	}
	if c.Database.MaxConnections == 0 {
		c.Database.MaxConnections = 4
	}
	return instance.Options{Config: c, Log: instance.NewLog(config.Log{Level: "error", Format: "text"}, t.err), Now: t.now}, nil
}

func (t *terminal) desk() *admin.Desk {
	return &admin.Desk{In: t.in, Out: t.out, Now: t.now, Open: func(ctx context.Context) (*instance.Instance, error) {
		o, err := t.options()
		if err != nil {
			return nil, err
		}
		return instance.Open(ctx, o)
	}}
}
