package embedded

import (
	"context"
	"fmt"
	"os"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 5 * time.Second
	steadyTime = time.Minute // a server that ran this long starts with a clean slate
)

// maxRestarts in a row take, with the pauses between them, about half a minute.
// A variable only because the test of giving up has less time than that.
var maxRestarts = 10

// begin hands the child to a supervisor, which from now on alone stops it or
// puts another in its place.
func (s *Server) begin(c *child) {
	life, end := context.WithCancel(context.Background())
	patience, hurry := context.WithCancel(context.Background())
	s.end, s.hurry = end, hurry
	go func() {
		defer close(s.ended)
		s.supervise(life, patience, c)
	}()
}

func (s *Server) supervise(life, patience context.Context, c *child) {
	var restarts int
	for {
		if steady(life, c) {
			restarts = 0
		}
		if life.Err() != nil {
			s.stopErr = c.stop(patience)
			return
		}
		s.cluster.log.Error("postgres ended unexpectedly and is started again", "how", c.err)
		next, err := s.revive(life, &restarts)
		if err != nil {
			s.lose(life, err)
			return
		}
		c = next
	}
}

// steady waits for the end of the child or of our life and says whether the
// child had long been well.
func steady(life context.Context, c *child) (long bool) {
	well := time.After(steadyTime)
	for {
		select {
		case <-well:
			long = true
		case <-life.Done():
			return long
		case <-c.done:
			return long
		}
	}
}

// revive starts the server anew. The first tries may fail while backends of
// the one that was killed still hold its memory.
func (s *Server) revive(life context.Context, restarts *int) (*child, error) {
	err := fmt.Errorf("postgres ended %d times in a row", maxRestarts)
	for ; *restarts < maxRestarts; *restarts++ {
		select {
		case <-life.Done():
			return nil, life.Err()
		case <-time.After(min(firstPause<<*restarts, maxPause)):
		}
		var c *child
		if c, err = s.cluster.launch(life); err == nil {
			*restarts++
			s.cluster.log.Info("postgres is back")
			return c, nil
		}
		s.cluster.log.Error("restart of postgres failed", "error", err)
	}
	return nil, err
}

// lose tells the caller, unless it is the one who wanted the end.
func (s *Server) lose(life context.Context, err error) {
	if life.Err() != nil {
		return
	}
	s.err = fmt.Errorf("database lost: %w", err)
	close(s.done)
}

// Stop shuts the server down in order and releases the data directory; when ctx
// ends first it cuts the shutdown short, which loses nothing committed, and says
// so. It may be called again; after Attach to another's server it does nothing.
func (s *Server) Stop(ctx context.Context) error {
	if s.cluster == nil {
		return nil
	}
	s.once.Do(func() {
		defer context.AfterFunc(ctx, s.hurry)()
		s.end()
		<-s.ended
		os.Remove(s.sockets) // empty after an orderly stop; the fallback should not litter
		s.lock.Close()
	})
	return s.stopErr
}
