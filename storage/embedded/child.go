package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	drainTime = 5 * time.Second  // for backends to notice that their postmaster is gone
	quitTime  = 10 * time.Second // the postmaster kills its own backends 5 s after SIGQUIT
)

// child is a running process of the server's.
type child struct {
	process *os.Process
	journal *journal
	done    chan struct{} // closed when the process and all who share its output have ended
	err     error         // how it ended; to be read after done
}

func spawn(cmd *exec.Cmd, j *journal) (*child, error) {
	c := &child{journal: j, done: make(chan struct{})}
	started := make(chan error, 1)
	go c.run(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// run keeps its thread for the life of the child: Linux sends the parent-death
// signal when the thread that forked ends, not the process, and a thread ends
// with any goroutine that locked it and did not let go.
func (c *child) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	output, err := c.begin(cmd)
	started <- err
	if err != nil {
		return
	}
	c.err = cmd.Wait()
	select {
	case <-output:
	case <-time.After(drainTime):
	}
}

// begin starts cmd with its output in a pipe of ours. With exec's own pipe Wait
// would hang for as long as a backend outlives a killed postmaster.
func (c *child) begin(cmd *exec.Cmd) (output <-chan struct{}, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	c.process = cmd.Process
	return c.journal.follow(r), nil
}

// stop asks for a fast shutdown and, when ctx ends first, for an immediate one:
// it loses nothing committed but makes the next start recover.
func (c *child) stop(ctx context.Context) error {
	c.journal.calm.Store(true)
	c.process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.process.Signal(syscall.SIGQUIT)
	select {
	case <-c.done:
	case <-time.After(quitTime):
		c.process.Kill()
		<-c.done
	}
	return fmt.Errorf("stop postgres in order: %w", ctx.Err())
}

// environment is all a child gets: ours may hold secrets, and PG* variables
// or a foreign locale would change what the server does.
func environment() []string {
	env := []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
