#!/usr/bin/env bash
# Training on several machines of a SLURM cluster:
#
#     sbatch --nodes 4 train/slurm.sh --preset acl-vggsound144k --set data=s3://bucket/shards batch=256
#
# One torchrun on each node finds the others at the first one. After a process has failed all go on
# from the last state (--max-restarts); after a node was lost the job is put back into the queue and
# goes on from there (--requeue, --resume).
#SBATCH --job-name=avsl
#SBATCH --gpus-per-node=8
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=128
#SBATCH --time=24:00:00
#SBATCH --requeue
set -euo pipefail

first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
out=${OUT:-$SLURM_SUBMIT_DIR/avsl-out/$SLURM_JOB_ID} # the same name after a requeue

export OMP_NUM_THREADS=1 # each of the processes that make batches has a core
srun --kill-on-bad-exit=1 torchrun \
  --nnodes "$SLURM_NNODES" --nproc-per-node "${SLURM_GPUS_ON_NODE:-8}" \
  --rdzv-backend c10d --rdzv-endpoint "$first:29500" --rdzv-id "$SLURM_JOB_ID" \
  --max-restarts 3 \
  -m train.train --resume --out "$out" "$@"
