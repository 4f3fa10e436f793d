package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// cluster is what has to be known to run the server of one data directory.
type cluster struct {
	dir      string
	sockets  string
	bin      binaries
	account  account
	volatile bool
	log      *slog.Logger
}

func (c *cluster) pgdata() string { return filepath.Join(c.dir, "pgdata") }

// survey finds binaries, user and socket directory. To be called with the lock held.
func survey(o Options) (*cluster, error) {
	c := &cluster{dir: o.Dir, volatile: o.Volatile, log: o.Log}
	major, err := c.major()
	if err != nil {
		return nil, err
	}
	if c.bin, err = find(os.Getenv("PATH"), "/", major); err != nil {
		return nil, err
	}
	if c.account, err = pickAccount(c.pgdata()); err != nil {
		return nil, err
	}
	if err = c.account.reaches(c.dir, c.bin.dir); err != nil {
		return nil, err
	}
	if c.sockets, err = socketDir(c.dir, os.TempDir()); err != nil {
		return nil, err
	}
	return c, c.account.private(c.sockets)
}

// major is the version that made the cluster, 0 when there is none yet.
func (c *cluster) major() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.pgdata(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version of the cluster: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// ensure makes the cluster if there is none. It is built under another name and
// moved into place whole, so that a crash in the middle leaves only rubbish.
func (c *cluster) ensure(ctx context.Context) error {
	c.sweep()
	if major, err := c.major(); err != nil || major != 0 {
		return err
	}
	fresh, err := os.MkdirTemp(c.dir, "pgdata.new-")
	if err != nil {
		return fmt.Errorf("make room for the cluster: %w", err)
	}
	if err := os.Lchown(fresh, int(c.account.uid), int(c.account.gid)); err != nil {
		return fmt.Errorf("hand the cluster to %s: %w", c.account.name, err)
	}
	if err := c.initdb(ctx, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, c.pgdata()); err != nil {
		return fmt.Errorf("move the new cluster into place: %w", err)
	}
	return syncDir(c.dir)
}

// sweep removes what a crash in the middle of initdb left. What resists, because
// that initdb is still about to end, goes at the next start.
func (c *cluster) sweep() {
	left, _ := filepath.Glob(filepath.Join(c.dir, "pgdata.new-*"))
	for _, dir := range left {
		os.RemoveAll(dir)
	}
}

func (c *cluster) initdb(ctx context.Context, into string) error {
	args := append([]string{"-D", into, "-U", "postgres", "--encoding=UTF8", "--data-checksums",
		"--auth-local=peer", "--auth-host=reject", "--no-instructions"}, locale(c.bin.major, runtime.GOOS)...)
	if c.volatile {
		args = append(args, "--no-sync")
	}
	j := &journal{log: c.log}
	child, err := spawn(c.command("initdb", args...), j)
	if err != nil {
		return err
	}
	select {
	case <-child.done:
	case <-ctx.Done():
		child.process.Kill()
		<-child.done
		return fmt.Errorf("make cluster: %w", ctx.Err())
	}
	if child.err != nil {
		return fmt.Errorf("make cluster: %w\n%s", child.err, j.tail())
	}
	return nil
}

// locale sorts by code point on every machine, since an index built under one
// libc's rules is corrupt under another's, and knows upper and lower case of
// all letters. Version 17 brings that along; before, libc's names differ.
func locale(major int, goos string) []string {
	switch {
	case major >= 17:
		return []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	case goos == "darwin":
		return []string{"--locale=C", "--lc-ctype=en_US.UTF-8"}
	}
	return []string{"--locale=C", "--lc-ctype=C.UTF-8"}
}

// command works in dir: ours may be closed to the account.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin.dir, name), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.dir, environment(), c.account.attributes()
	tieToParent(cmd.SysProcAttr)
	return cmd
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer d.Close()
	return d.Sync()
}
