package embedded

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
)

const tailLines = 20

// journal takes a child's output line by line: to the log, and to a short
// memory that a failed start shows.
type journal struct {
	log  *slog.Logger
	calm atomic.Bool // while stopping, every open connection's FATAL is expected

	mu    sync.Mutex
	lines []string
}

// follow reads until the last holder of the other end is gone; then the channel closes.
func (j *journal) follow(r io.ReadCloser) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer r.Close()
		in := bufio.NewReader(r)
		for {
			// Not a Scanner: it gives up on a long line, and the server would block on a full pipe.
			line, _, err := in.ReadLine()
			if err != nil {
				return
			}
			j.add(string(line))
		}
	}()
	return ended
}

func (j *journal) add(line string) {
	j.log.Log(context.Background(), j.level(line), line, "from", "postgres")
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
	if len(j.lines) > tailLines {
		j.lines = j.lines[1:]
	}
}

func (j *journal) level(line string) slog.Level {
	severity, _, _ := strings.Cut(line, ":")
	switch {
	case j.calm.Load():
		return slog.LevelDebug
	case severity == "WARNING", severity == "ERROR":
		return slog.LevelWarn
	case severity == "FATAL", severity == "PANIC":
		return slog.LevelError
	}
	return slog.LevelDebug
}

// tail is the last lines, oldest first.
func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}
