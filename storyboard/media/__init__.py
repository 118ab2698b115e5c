"""The one place that opens stills and clips: probing, ffmpeg, drawing a moving still."""
