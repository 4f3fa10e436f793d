package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	pollTime = 10 * time.Millisecond
	reapTime = 15 * time.Second // for an orphan's fast shutdown, and again for its immediate one
)

// postmaster is what a server writes about itself in a lock file.
type postmaster struct {
	pid     int
	data    string
	sockets string
	status  string
}

// readPostmaster reads postmaster.pid, or the first lines of it that a socket's
// lock file has too. Half-written ones come back incomplete, never as an error.
func readPostmaster(file string) (postmaster, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return postmaster{}, err
	}
	lines := append(strings.Split(string(text), "\n"), make([]string, 8)...)
	pid, _ := strconv.Atoi(strings.TrimSpace(lines[0]))
	return postmaster{
		pid:     max(pid, -pid), // a single-user server writes its id with a minus
		data:    lines[1],
		sockets: lines[4],
		status:  strings.TrimSpace(lines[7]),
	}, nil
}

// reap ends a server that outlived its sallyport. To be called with the lock
// held: then no living sallyport is its owner.
func reap(ctx context.Context, pgdata string) error {
	p, err := readPostmaster(filepath.Join(pgdata, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := p.end(ctx, pgdata, sig); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("a server of an earlier run (process %d) does not stop", p.pid)
}

// end signals p and waits until it is gone. The handle is taken before the
// check: on Linux it stays with this very process when the id is given away.
func (p postmaster) end(ctx context.Context, pgdata string, sig syscall.Signal) error {
	process, err := os.FindProcess(p.pid)
	if err != nil || !p.serves(pgdata) {
		return nil
	}
	defer process.Release()
	if err := process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop a server of an earlier run (process %d): %w", p.pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, reapTime)
	defer cancel()
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for p.serves(pgdata) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a server of an earlier run (process %d): %w", p.pid, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// serves says whether p verifiably is the running server of pgdata. Everything
// else that now has its id is left alone.
func (p postmaster) serves(pgdata string) bool {
	return p.pid > 1 && sameFile(p.data, pgdata) && runsIn(p.pid, pgdata)
}

// dropStale removes a lock file whose process id went to a stranger. The server
// itself would take the stranger for its predecessor and refuse to start, which
// in a container, where ids are few, happens after every crash. An id that
// nobody has is the server's own to judge.
func dropStale(file, pgdata string) error {
	p, err := readPostmaster(file)
	if err != nil || p.pid <= 1 || p.serves(pgdata) || errors.Is(syscall.Kill(p.pid, 0), syscall.ESRCH) {
		return nil
	}
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("remove stale lock file: %w", err)
	}
	return nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
