package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// hba lets in nobody but peers the map names; there is no line for TCP at all.
const hba = "local all all peer map=sallyport\n"

// admit writes who may connect. The files lie outside pgdata: the server's
// user must not be able to rewrite them, nor to plant a link there for root to
// write through.
func (c *cluster) admit() error {
	var ident strings.Builder
	for _, peer := range c.account.peers {
		for _, role := range roles {
			fmt.Fprintf(&ident, "sallyport \"%s\" %s\n", strings.ReplaceAll(peer, `"`, `""`), role)
		}
	}
	if err := c.publish("pg_hba.conf", hba); err != nil {
		return err
	}
	return c.publish("pg_ident.conf", ident.String())
}

func (c *cluster) publish(name, text string) error {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Chmod(path, 0o644) // whatever the umask, the server's user has to read it
}

// flags override every setting in the cluster's own files.
func (c *cluster) flags() []string {
	durable := "on"
	if c.volatile {
		durable = "off"
	}
	args := []string{"-D", c.pgdata(), "-p", port}
	for _, setting := range []string{
		"listen_addresses=",
		`unix_socket_directories="` + strings.ReplaceAll(c.sockets, `"`, `""`) + `"`,
		"unix_socket_permissions=0700",
		"hba_file=" + filepath.Join(c.dir, "pg_hba.conf"),
		"ident_file=" + filepath.Join(c.dir, "pg_ident.conf"),
		"max_connections=200", "ssl=off", "timezone=UTC", "cluster_name=sallyport",
		"fsync=" + durable, "synchronous_commit=" + durable, "full_page_writes=" + durable,
		"logging_collector=off", "log_destination=stderr", "log_line_prefix=",
		"log_min_error_statement=panic", // statements hold what people typed
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// launch starts the server and returns when it accepts connections.
func (c *cluster) launch(ctx context.Context) (*child, error) {
	if err := c.clear(ctx); err != nil {
		return nil, err
	}
	child, err := spawn(c.command("postgres", c.flags()...), &journal{log: c.log})
	if err != nil {
		return nil, err
	}
	if err := c.ready(ctx, child); err != nil {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		child.stop(now)
		return nil, fmt.Errorf("start postgres: %w\n%s", err, child.journal.tail())
	}
	return child, nil
}

// clear makes way for a start after whatever end the last run had.
func (c *cluster) clear(ctx context.Context) error {
	if err := reap(ctx, c.pgdata()); err != nil {
		return err
	}
	for _, file := range []string{
		filepath.Join(c.pgdata(), "postmaster.pid"),
		filepath.Join(c.sockets, socket+".lock"),
	} {
		if err := dropStale(file, c.pgdata()); err != nil {
			return err
		}
	}
	return nil
}

// ready waits for the server's own word. Trying to connect instead would fill
// its log with refusals during recovery.
func (c *cluster) ready(ctx context.Context, child *child) error {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		p, err := readPostmaster(filepath.Join(c.pgdata(), "postmaster.pid"))
		if err == nil && p.pid == child.process.Pid && p.status == "ready" {
			return nil
		}
		select {
		case <-child.done:
			return fmt.Errorf("it ended at once (%v); its last words", child.err)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
